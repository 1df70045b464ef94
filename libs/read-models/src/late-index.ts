import type { ProjectionWriter } from '@app/read-store';

/** An index made when the rows of a rebuild are there. */
export interface LateIndex {
  /** Logical table. */
  readonly table: string;
  readonly name: string;
  readonly on: string;
  readonly where?: string;
}

/** Makes an index of this generation's table unless it is there. */
export function makeIndex(writer: ProjectionWriter, { table, name, on, where }: LateIndex): void {
  writer.prepare(`CREATE INDEX IF NOT EXISTS "${writer.table(table)}_${name}" ON {${table}} (${on})${where === undefined ? '' : ` WHERE ${where}`}`).run();
}
