// How many threads the engine gets while it works, judged by how late the page's own timers come: pure.

export interface ThreadState {
  threads: number;
  maximum: number; // cores
  lags: readonly number[]; // ms, of the last timers while the engine worked
  quiet_until: number; // ms: no more threads before this moment
}

export const kLagWindow = 12;
const kTooLate = 35; // the page promises an answer within 50
const kOnTime = 9;
const kQuiet = 30_000;

// The next state: fewer threads at once when the page suffers, more only after a quiet while on time.
export function adapt_threads(state: ThreadState, now: number): ThreadState {
  if (state.lags.length < kLagWindow) return state;
  const sorted = [...state.lags].sort((a, b) => a - b);
  const late = sorted[Math.floor(sorted.length * 0.8)]!;
  if (late > kTooLate && state.threads > 1) {
    return { ...state, threads: state.threads - 1, lags: [], quiet_until: now + kQuiet };
  }
  if (late < kOnTime && state.threads < state.maximum && now >= state.quiet_until) {
    return { ...state, threads: state.threads + 1, lags: [] };
  }
  return { ...state, lags: state.lags.slice(-kLagWindow + 1) };
}
