'use client';

import { useEffect, useRef, type ReactNode } from 'react';
import { Dots } from './icons';

/** A button that shows a list of actions. It closes on Escape, on a choice and on a click outside. */
export function Menu({ label, button, children }: { label: string; button?: ReactNode; children: ReactNode }) {
  const ref = useRef<HTMLDetailsElement>(null);

  useEffect(() => {
    const close = (event: Event) => {
      const menu = ref.current;
      if (!menu?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== 'Escape') return;
        menu.querySelector('summary')?.focus();
      } else if (event.target instanceof Node && menu.contains(event.target)) return;
      menu.open = false;
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, []);

  return (
    <details className="menu" ref={ref}>
      <summary aria-label={label} className={button === undefined ? 'quiet square' : 'quiet'}>
        {button ?? <Dots />}
      </summary>
      <div
        className="menu-items"
        onClick={() => {
          if (ref.current) ref.current.open = false;
        }}
      >
        {children}
      </div>
    </details>
  );
}
