import type { Actor } from '../../libs/kernel/decider.ts';

const registrar = (personId: string): Actor => ({ personId, role: 'registrar', organizationId: null });

/** The registrar's office: Zhou enters and asks, He grants and moderates, Lin settles appeals. */
export const zhou = registrar('zhou-min');
export const he = registrar('he-jianguo');
export const lin = registrar('lin-xiaohui');
