import Glibc
import Postgres
import Store

guard CommandLine.arguments.count > 1 else {
  print("usage: upblit-bench-store CONNINFO [ROWS [ROWS_A_BATCH [AGENTS [WINDOW [WRITERS]]]]]")
  print("       upblit-bench-store CONNINFO steps [MONITORS [REGIONS [RUNS [AT_ONCE]]]]")
  print("       upblit-bench-store CONNINFO rollups [ROWS [TICK_SECONDS]]")
  exit(2)
}

func argument(_ position: Int, default value: Int) -> Int {
  CommandLine.arguments.count > position
    ? Int(CommandLine.arguments[position]) ?? value : value
}

do {
  if CommandLine.arguments.dropFirst(2).first == "steps" {
    var load = StepLoad()
    load.monitors = argument(3, default: 300)
    load.regions = argument(4, default: 3)
    load.runs = argument(5, default: 3)
    load.atOnce = Int32(clamping: argument(6, default: 32))
    try runSteps(try PostgresAddress(CommandLine.arguments[1]), load)
    exit(0)
  }
  var load = IngestLoad()
  if CommandLine.arguments.dropFirst(2).first == "rollups" {
    load.rows = argument(3, default: 1_000_000)
    load.tickSeconds = argument(4, default: 60)
    let address = try PostgresAddress(CommandLine.arguments[1])
    for _ in 0..<3 {
      try prepareRollups(address)
      print(try runIngest(address, load).line("ingest"))
      print(try runRollups(address).line("rollups"))
    }
    exit(0)
  }
  load.rows = argument(2, default: 300_000)
  load.rowsPerBatch = argument(3, default: 100)
  load.agents = argument(4, default: 10)
  load.window = argument(5, default: 8)
  load.writers = argument(6, default: 2)
  let address = try PostgresAddress(CommandLine.arguments[1])
  try encodeOnly(load)
  for _ in 0..<3 {
    let ingest = try runIngest(address, load)
    let copy = try runCopy(address, load, rowsPerFlush: ingest.rowsPerFlush)
    print(ingest.line("ingest"))
    print(copy.line("copy"))
    print(
      #"{"figure":"writer.rows_vs_copy","value":\#(ratio(ingest.rowsPerSecond, copy.rowsPerSecond))}"#
    )
  }
} catch {
  print("upblit-bench-store: \(error)")
  exit(1)
}
