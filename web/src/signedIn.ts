/** Whether this browser has signed in; the session itself is in a cookie that no script can read. */

const REMEMBERED = "sitewatch.signed_in";

export function hasSignedIn(): boolean {
  return localStorage.getItem(REMEMBERED) === "yes";
}

export function rememberSignIn(): void {
  localStorage.setItem(REMEMBERED, "yes");
}

export function forgetSignIn(): void {
  localStorage.removeItem(REMEMBERED);
}
