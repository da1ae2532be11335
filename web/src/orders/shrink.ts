/** Makes a photo small enough for the network of a plant room. */

/** Longest side that is sent. [px] */
const SIDE = 2560;
/** What is smaller is sent as it is. [B] */
const SMALL = 1_500_000;
const QUALITY = 0.85;

/** The photo, smaller where it is large; as it is where this browser cannot draw it. */
export async function shrink(photo: File): Promise<Blob> {
  if (photo.size <= SMALL) return photo;
  let drawn: ImageBitmap;
  try {
    drawn = await createImageBitmap(photo);
  } catch {
    return photo;
  }
  const scale = Math.min(1, SIDE / Math.max(drawn.width, drawn.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(drawn.width * scale);
  canvas.height = Math.round(drawn.height * scale);
  canvas.getContext("2d")?.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  drawn.close();
  const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return made === null || made.size >= photo.size ? photo : made;
}
