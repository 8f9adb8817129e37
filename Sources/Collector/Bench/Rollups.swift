import Postgres
import Store

/// Puts the edge of closed hours before the rows that are about to be stored, as it would stand had
/// they come in time; makes the schema where there is none.
func prepareRollups(_ address: PostgresAddress) throws {
  let connection = try Connection(address)
  try Migrator.migrate(connection)
  try connection.execute(
    """
    TRUNCATE rollup_queue, rollup_minute, rollup_hour, rollup_day;
    UPDATE rollup_state SET closed_monitor = 0, newest_minute = 'epoch',
      closed_until = date_trunc('hour', now() - interval '4 days', 'UTC')
    """)
}

/// Adds what the writer left in the queue to the rollups, and closes the hours.
func runRollups(_ address: PostgresAddress) throws -> Measured {
  let connection = try Connection(address)
  try connection.execute("CHECKPOINT")
  let (cpu, server, begun) = (ownCPU(), try ownServerCPU(connection), seconds())
  let report = try RollupKeeper().run(connection)
  return Measured(
    rows: report.results, wall: seconds() - begun, cpu: ownCPU() - cpu,
    serverCPU: try ownServerCPU(connection) - server, flushes: report.closings)
}
