export function Pages({
  page,
  pages,
  onPage,
}: {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}) {
  if (pages < 2) return null;
  // The first, the last and those around the current one.
  const near = Array.from({ length: pages }, (_, index) => index + 1).filter(
    (each) => each === 1 || each === pages || Math.abs(each - page) < 2,
  );
  return (
    <nav className="pages" aria-label="Pages">
      <button
        disabled={page <= 1}
        onClick={() => {
          onPage(page - 1);
        }}
      >
        Previous
      </button>
      {near.map((each, index) => (
        <span key={each}>
          {each - (near[index - 1] ?? 0) > 1 && <span aria-hidden="true">… </span>}
          <button
            aria-label={`Page ${each}`}
            aria-current={each === page ? 'page' : undefined}
            onClick={() => {
              onPage(each);
            }}
          >
            {each}
          </button>
        </span>
      ))}
      <button
        disabled={page >= pages}
        onClick={() => {
          onPage(page + 1);
        }}
      >
        Next
      </button>
    </nav>
  );
}
