// Choices that outlast a visit and do not belong to the picture that a permalink shows: language, theme, and what was said of a network
// of one's own.

type Choice = 'language' | 'theme' | `input-${string}` | `labels-${string}`;

export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(`convscope-${choice}`, value);
  } catch {
    // Storage is blocked: the next visit starts as the first one did.
  }
}

export function remembered(choice: Choice): string | null {
  try {
    return localStorage.getItem(`convscope-${choice}`);
  } catch {
    return null;
  }
}

// Light unless somebody chose otherwise: a projector shows nothing else as well.
export function choose_theme(hash: string): string {
  const asked = new URLSearchParams(hash.replace(/^#/, '')).get('theme') ?? remembered('theme');
  return ['auto', 'light', 'dark', 'contrast'].find((theme) => theme === asked) ?? 'light';
}
