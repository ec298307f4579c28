import type { RosterRow } from '../intake/roster.ts';

/** Somebody of a roster, for looking for others who may be she. */
export interface PersonRead {
  readonly row: number;
  readonly name: string;
  readonly birthDate: string;
  readonly idNumber: string;
}

/** At most so many are listed, and so many people asked about at once. */
export const nearDuplicatesKept = 1000;
export const peopleTogether = 1000;

/** Null where nobody knows when she was born: of one name alone there are many. */
export const personRead = ({ row, identity: { name, birthDate, idNumber } }: RosterRow): PersonRead | null =>
  birthDate === undefined ? null : { row, name, birthDate, idNumber };
