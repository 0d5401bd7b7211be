/**
 * How thorough the tests are that repeat an act many times: 1 as part of the whole run; `EMEND_THOROUGH=12` does twelve times as much, for
 * the figures that are told.
 */
export const THOROUGH = Number(process.env['EMEND_THOROUGH'] ?? 1);
if (!Number.isSafeInteger(THOROUGH) || THOROUGH < 1) throw new Error(`EMEND_THOROUGH is ${THOROUGH}; expected a whole number from 1 on.`);
