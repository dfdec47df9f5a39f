export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <g fill="var(--on-accent)">
        <rect x="7" y="8" width="5" height="16" rx="2" />
        <rect x="13.5" y="8" width="5" height="10" rx="2" opacity=".8" />
        <rect x="20" y="8" width="5" height="13" rx="2" opacity=".6" />
      </g>
    </svg>
  );
}
