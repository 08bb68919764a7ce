// The page talks to the server that it came from, and to the one whose network its address names: to no other.
import { model_url } from './own_models.ts';

export function connection_policy(query: string, base: string): string {
  const model = model_url(query, base);
  return `connect-src 'self'${model === null || model.origin === new URL(base).origin ? '' : ` ${model.origin}`}`;
}

// The page's HTML cannot know the address. A policy added later only ever forbids more.
export function restrict_connections(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = connection_policy(location.search, location.href);
  document.head.append(policy);
}
