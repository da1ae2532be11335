/** A person by name alone; a machine (`token:NAME`) or a contact's link as what it is. */
export function actorName(actor: string): string {
  return actor.replace(/^person:/, "");
}
