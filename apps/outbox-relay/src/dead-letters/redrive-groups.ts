/** Token of the consumer groups that a letter can be sent to again: those whose redrive topic is declared. */
export const REDRIVE_GROUPS = Symbol('plinth:redrive-groups');
