/** The channels between preload and main; nothing else listens. */
export const CALL = 'emend:call';
export const GRANT = 'emend:grant';
export const EVENT = 'emend:event';
/** The page hears events from now on; what it must not miss was held until then. */
export const LISTENING = 'emend:listening';
