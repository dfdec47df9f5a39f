/** The numbers of a board, as GET /api/stats?board=1 returns them. */
export interface Stats {
  board: number;
  total: number;
  /** Tasks whose due date has passed and that are not in the last column. */
  overdue: number;
  unassigned: number;
  columns: { name: string; tasks: number }[];
}
