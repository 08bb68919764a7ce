// Cross-origin isolation, which shared memory needs. Where the host sends no headers, our service worker adds them
// and the page reloads once. plan_isolation is pure and decides; isolate() acts on it.
import type { Isolation } from './choose_build.ts';

export interface IsolationInput {
  isolated: boolean;
  in_frame: boolean;
  service_worker: boolean; // available here
  service_worker_off: boolean; // ?sw=off
  wants_threads: boolean;
  frame_isolation: boolean; // Document-Isolation-Policy, the only way inside a frame
  reloads: number; // already made in this tab for this purpose; 1 where that cannot be remembered
}

export type IsolationPlan = { action: 'go'; isolation: Isolation } | { action: 'reload' };

export function plan_isolation(input: IsolationInput): IsolationPlan {
  if (input.isolated) return { action: 'go', isolation: 'isolated' };
  if (input.in_frame && !input.frame_isolation) return { action: 'go', isolation: 'frame' };
  if (input.service_worker_off) return { action: 'go', isolation: 'service-worker-off' };
  if (!input.service_worker) return { action: 'go', isolation: input.in_frame ? 'frame' : 'no-service-worker' };
  if (!input.wants_threads || input.reloads > 0) return { action: 'go', isolation: input.in_frame ? 'frame' : 'failed' };
  return { action: 'reload' };
}

const kReloads = 'convscope-isolation-reloads';

export function count_reloads(): number {
  try {
    return Number(sessionStorage.getItem(kReloads) ?? 0);
  } catch {
    return 1; // storage is blocked (third-party frames): a reload could not be remembered, so there is none
  }
}

function remember_reloads(count: number): boolean {
  try {
    if (count === 0) sessionStorage.removeItem(kReloads);
    else sessionStorage.setItem(kReloads, String(count));
    return true;
  } catch {
    return false;
  }
}

// Document-Isolation-Policy cannot be probed; Chromium has it since version 137.
export function has_frame_isolation(): boolean {
  const data = (navigator as { userAgentData?: { brands: { brand: string; version: string }[] } }).userAgentData;
  return data?.brands.some((entry) => entry.brand === 'Chromium' && Number(entry.version) >= 137) ?? false;
}

function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | null> {
  return Promise.race([promise, new Promise<null>((resolve) => setTimeout(() => resolve(null), milliseconds))]);
}

async function activated(registration: ServiceWorkerRegistration): Promise<boolean> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker === null) return false;
  if (worker.state === 'activated') return true;
  return new Promise((resolve) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(true);
      if (worker.state === 'redundant') resolve(false);
    });
  });
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  try {
    // Extensions that block service workers answer with nothing at all.
    return ((await navigator.serviceWorker.register('sw.js', { scope: './' })) as ServiceWorkerRegistration | undefined) ?? null;
  } catch {
    return null; // refused by policy, or offline on a first visit
  }
}

// Resolves to how the page stands, or never where it reloads itself.
export async function isolate(input: Omit<IsolationInput, 'reloads'>): Promise<Isolation> {
  const plan = plan_isolation({ ...input, reloads: count_reloads() });
  const may_register = input.service_worker && !input.service_worker_off;
  if (plan.action === 'go') {
    if (plan.isolation === 'isolated') remember_reloads(0);
    if (input.service_worker && input.service_worker_off) {
      for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
    }
    if (may_register) void register();
    return plan.isolation;
  }
  const registration = await within(register(), 4000);
  const ready = registration === null ? null : await within(activated(registration), 4000);
  if (ready === true && remember_reloads(1)) {
    location.reload();
    return new Promise(() => {});
  }
  return registration === null ? 'no-service-worker' : 'failed';
}
