import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { HANDLERS } from './bus/handlers.js';
import { CommandSender } from './http/command-sender.js';
import { AccessController } from './http/controllers/access.controller.js';
import { AdminController } from './http/controllers/admin.controller.js';
import { ApprovalsController } from './http/controllers/approvals.controller.js';
import { AuditController } from './http/controllers/audit.controller.js';
import { OversightController } from './http/controllers/oversight.controller.js';
import { AgreementController } from './http/controllers/agreement.controller.js';
import { ContractsController } from './http/controllers/contracts.controller.js';
import { EvidenceController } from './http/controllers/evidence.controller.js';
import { FeedController } from './http/controllers/feed.controller.js';
import { HealthController } from './http/controllers/health.controller.js';
import { LedgerController } from './http/controllers/ledger.controller.js';
import { ReconciliationsController } from './http/controllers/reconciliations.controller.js';
import { SandboxController } from './http/controllers/sandbox.controller.js';
import { SimulationsController } from './http/controllers/simulations.controller.js';
import { WebhooksController } from './http/controllers/webhooks.controller.js';
import { ADMINISTRATION, AUDIT, BUSINESS_CLOCK, CONFIG, EVIDENCE, FEED, LEDGER_APPLICATION, LEDGER_QUERIES, READINESS, SANDBOX_CLOCK, TOKEN_ISSUER, TOKEN_LOOKUP } from './ports.js';
import type { Config } from './config.js';
import type { Ledger } from './ports.js';
import type { DynamicModule, OnApplicationShutdown, Type } from '@nestjs/common';

/** Lets go of the ledger once the last answer is out. */
class Closing implements OnApplicationShutdown {
  constructor(private readonly ledger: Ledger) {}
  onApplicationShutdown(): Promise<void> {
    return this.ledger.close();
  }
}

/** The service: its HTTP layer around a ledger. */
@Module({})
export class AppModule {
  static controllers(ledger: Ledger): Type[] {
    return [
      HealthController,
      ContractsController,
      LedgerController,
      AgreementController,
      SimulationsController,
      ApprovalsController,
      OversightController,
      AccessController,
      AdminController,
      WebhooksController,
      AuditController,
      EvidenceController,
      FeedController,
      ReconciliationsController,
      ...(ledger.sandbox === null ? [] : [SandboxController]),
    ];
  }

  static around(ledger: Ledger, config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      controllers: AppModule.controllers(ledger),
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LEDGER_APPLICATION, useValue: ledger.application },
        { provide: LEDGER_QUERIES, useValue: ledger.queries },
        { provide: READINESS, useValue: ledger.readiness },
        { provide: BUSINESS_CLOCK, useValue: ledger.clock },
        { provide: SANDBOX_CLOCK, useValue: ledger.sandbox },
        { provide: ADMINISTRATION, useValue: ledger.administration },
        { provide: AUDIT, useValue: ledger.audit },
        { provide: EVIDENCE, useValue: ledger.evidence },
        { provide: FEED, useValue: ledger.feed },
        { provide: TOKEN_LOOKUP, useValue: ledger.tokens },
        { provide: TOKEN_ISSUER, useValue: ledger.issuer },
        { provide: Closing, useValue: new Closing(ledger) },
        CommandSender,
        ...HANDLERS,
      ],
    };
  }
}
