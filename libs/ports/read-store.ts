/** What a column holds. Booleans are 0 and 1, instants and JSON are text. */
export type Value = string | number | bigint | null;

/**
 * Reading, in portable SQL: `?` placeholders, nothing that SQLite alone or PostgreSQL alone knows.
 * Columns declared BIGINT (positions, revisions) are read as bigint; INTEGER and whatever an expression counts as number.
 */
export interface ReadQueries {
  all<R extends object>(sql: string, params?: readonly Value[]): Promise<readonly R[]>;
  get<R extends object>(sql: string, params?: readonly Value[]): Promise<R | undefined>;
  /** Row by row, where all of them would not fit into memory. */
  each(sql: string, params: readonly Value[], visit: (row: Readonly<Record<string, Value>>) => void): Promise<void>;
}

export interface ReadWrites extends ReadQueries {
  /** Answers how many rows changed. */
  run(sql: string, params?: readonly Value[]): Promise<number>;
  /** One statement for many rows; answers how many changed in all. */
  runMany(sql: string, rows: readonly (readonly Value[])[]): Promise<number>;
}

/**
 * Rows that are folded from the log and can be thrown away: one transaction at a time, whoever asks meanwhile waits.
 * Throws a StoreFault where the disk or the file failed; what a statement itself gets wrong is thrown as it is.
 */
export interface ReadStore {
  /** Reads of one moment: what others commit meanwhile stays unseen. */
  snapshot<T>(read: (db: ReadQueries) => Promise<T>): Promise<T>;
  /** All of it or, where `write` throws, none. Rows and checkpoint share one, so durability may lag: both roll back together. */
  transaction<T>(write: (db: ReadWrites) => Promise<T>): Promise<T>;
  /**
   * Writes what `alongside` writes, then takes over the rows of a file whose tables have the same columns, `[there, here]` each: all of it or none.
   * Absent where rows cannot come from files.
   */
  absorb?(
    file: string,
    tables: readonly (readonly [there: string, here: string])[],
    alongside: (db: ReadWrites) => Promise<void>,
  ): Promise<void>;
  /** Destroys what deleted rows leave behind on disk. False where a reader is in the way: try again. */
  scrub(): Promise<boolean>;
  close(): Promise<void>;
}
