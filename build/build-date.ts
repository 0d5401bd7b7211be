/** The day of this build, for the bundlers to put in; SOURCE_DATE_EPOCH makes builds that are the same bit by bit. */
const epoch = process.env['SOURCE_DATE_EPOCH'];
const day = (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString().slice(0, 10);

export const buildDate = { EMEND_BUILT: JSON.stringify(day) };
