import type { Action } from '@app/access';

/** `public` needs no token. */
export type Access = Action | 'public';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call which path: the action each route is, whose roles libs/access knows. A route that is not here is
 * refused, so a new controller method cannot be open by mistake.
 */
export const ACCESS = {
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /docs': 'public',
  'GET /docs/*': 'public',
  'GET /docs-json': 'public',

  'POST /v1/management-units': 'command',
  'POST /v1/contracts': 'command',
  'POST /v1/contracts/:id/options': 'command',
  'POST /v1/contracts/:id/account-count': 'command',
  'POST /v1/contracts/:id/account-count/:changeId/withdrawals': 'command',
  'POST /v1/contracts/:id/cancellation-notices': 'command',
  'POST /v1/contracts/:id/cancellation-notices/:noticeId/withdrawals': 'command',
  'POST /v1/contracts/:id/options/:optionId/cancellation-notices': 'command',
  'POST /v1/contracts/:id/options/:optionId/cancellation-notices/:noticeId/withdrawals': 'command',
  'POST /v1/contracts/:id/terminations': 'command',
  'POST /v1/contracts/:id/quotations': 'command',
  'POST /v1/contracts/:id/excess-usages': 'command',
  'POST /v1/contracts/:id/corrections': 'command',
  'POST /v1/contracts/:id/options/:optionId/devices/faults': 'command',
  'POST /v1/contracts/:id/options/:optionId/devices/replacements': 'command',
  'POST /v1/contracts/:id/options/:optionId/devices/returns': 'command',
  'POST /v1/contracts/:id/options/:optionId/devices/losses': 'command',
  'POST /v1/contracts/:id/options/:optionId/devices/recoveries': 'command',
  'POST /v1/vendors/:vendor/discontinuations': 'command',
  'POST /v1/vendors/:vendor/discontinuations/:discontinuationId/corrections': 'command',
  'POST /v1/records': 'command',

  'GET /v1/approvals': 'read',
  'GET /v1/approvals/:approvalId': 'read',
  'POST /v1/approvals/:approvalId/decisions': 'command',
  'POST /v1/contractors/:contractor/erasures': 'admin',

  'GET /v1/audit/refusals': 'audit',
  'GET /v1/audit/policies': 'audit',
  'GET /v1/audit/erasures': 'audit',
  'GET /v1/audit/silence': 'audit',
  'GET /v1/audit/contracts/:id/evidence': 'audit',
  'GET /v1/audit/contracts/:id/report': 'audit',

  'GET /v1/contracts': 'read',
  'GET /v1/contracts/:id': 'read',
  'GET /v1/contracts/:id/history': 'read',
  'GET /v1/management-units': 'read',
  'GET /v1/management-units/:id': 'read',
  'GET /v1/records': 'read',
  'GET /v1/renewals': 'read',
  'GET /v1/settlements': 'read',
  'GET /v1/charges': 'read',
  'GET /v1/vendors/:vendor/discontinuations/:discontinuationId': 'read',
  'GET /v1/agreement/items': 'read',
  'GET /v1/agreement/options': 'read',
  'GET /v1/agreement/clauses': 'read',

  'GET /v1/feed': 'read',
  'GET /v1/feed/stream': 'read',
  'GET /v1/feed/status': 'read',
  'GET /v1/feed/digests': 'read',
  'GET /v1/feed/schemas': 'read',
  'GET /v1/feed/schemas/:name': 'read',
  'GET /v1/feed/asyncapi': 'read',
  'GET /v1/feed/consumers': 'read',
  'PUT /v1/feed/consumers/:name/position': 'consume',
  'POST /v1/feed/reconciliations': 'read',
  'GET /v1/audit/reads': 'audit',
  'GET /v1/audit/access-review': 'audit',

  'POST /v1/simulations/cancellation': 'simulate',
  'POST /v1/simulations/application': 'simulate',
  'POST /v1/simulations/settlement': 'simulate',
  'POST /v1/simulations/calendar': 'simulate',

  'GET /v1/sandbox/clock': 'read',
  'PUT /v1/sandbox/clock': 'admin',

  'GET /v1/audit/checkpoints': 'audit',
  'GET /v1/audit/checkpoints/latest': 'audit',
  'GET /v1/audit/proofs': 'audit',
  'GET /v1/audit/proofs/consistency': 'audit',
  'GET /v1/audit/keys': 'audit',

  'POST /v1/tokens': 'admin',
  'GET /v1/tokens': 'admin',
  'POST /v1/tokens/:tokenId/revocations': 'admin',
  'POST /v1/webhooks': 'admin',
  'GET /v1/webhooks': 'read',
  'GET /v1/webhooks/:id': 'read',
  'PATCH /v1/webhooks/:id': 'admin',
  'DELETE /v1/webhooks/:id': 'admin',
  'POST /v1/webhooks/:id/secret-rotations': 'admin',
  'GET /v1/webhooks/:id/deliveries': 'read',
  'POST /v1/webhooks/:id/redeliveries': 'admin',
  'POST /v1/webhooks/:id/lanes/:contractId/skips': 'admin',
  'GET /v1/admin/projections': 'admin',
  'POST /v1/admin/projections/:projection/rebuilds': 'admin',
} as const satisfies { readonly [route: `${Method} ${string}`]: Access };

export type Route = keyof typeof ACCESS;

/** What a route asks of its caller; null: the route is not known here. HEAD is GET without a body. */
export function accessOf(method: string, path: string): Access | null {
  const route = `${method === 'HEAD' ? 'GET' : method} ${path}`;
  return Object.hasOwn(ACCESS, route) ? ACCESS[route as Route] : null;
}

const PATTERNS = (Object.keys(ACCESS) as Route[]).map((route) => {
  const [method, path] = route.split(' ') as [Method, string];
  return { method, path: new RegExp(`^${path.replace(/:\w+/g, '[^/]+').replace('*', '.+')}$`), sandbox: path.includes('/sandbox/') };
});

/** The methods a concrete path takes; none: nothing is there. */
export function methodsOf(path: string, sandbox: boolean): Method[] {
  return PATTERNS.filter((p) => (sandbox || !p.sandbox) && p.path.test(path)).map((p) => p.method);
}
