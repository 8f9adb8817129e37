import Glibc
import Postgres
import Store
import Synchronization

/// What is sent.
struct IngestLoad: Sendable {
  var rows = 300_000
  var rowsPerBatch = 100
  var agents = 10
  /// Batches of an agent that may wait for their answer.
  var window = 8
  var writers = 2
  var monitors = 1000
  var tickSeconds = 10

  var batchesPerAgent: Int { rows / rowsPerBatch / agents }

  /// One batch's rows, as an agent would send them: every monitor in turn, once a tick.
  func encode(stream: Int64, sequence: Int64, agent: Int32, now: Int64) -> CopyRows {
    var encoder = ResultRowEncoder(
      streamKey: stream, sequence: sequence, agentKey: agent, rows: rowsPerBatch)
    var fields = ResultRowEncoder.Fields()
    fields.organizationID = 1
    fields.hasPhases = true
    fields.status = 200
    let first = (Int(sequence) - 1) * rowsPerBatch
    for index in 0..<rowsPerBatch {
      let number = first + index
      let noise = UInt32(truncatingIfNeeded: number &* 64 &+ Int(agent)) &* 2_654_435_761
      fields.monitorKey = Int64(number % monitors)
      fields.startedAtUs =
        now + Int64(number / monitors * tickSeconds) * 1_000_000 + Int64(number % monitors) * 10_000
        + Int64(noise % 1500)
      fields.totalUs = Int32(40_000 + noise % 50_000)
      fields.dnsUs = Int32(900 + noise % 999)
      fields.connectUs = Int32(9000 + noise % 9999)
      fields.tlsUs = Int32(19_000 + noise % 9999)
      fields.firstByteUs = Int32(35_000 + noise % 9999)
      fields.recordIndex = Int16(truncatingIfNeeded: index)
      encoder.append(fields)
    }
    return encoder.finish()
  }
}

/// What one run cost.
struct Measured {
  var rows: Int
  var wall: Double
  var cpu: Double
  var serverCPU: Double
  var flushes: Int

  var rowsPerSecond: Double { Double(rows) / wall }
  var rowsPerFlush: Int { rows / max(1, flushes) }

  func line(_ name: String) -> String {
    """
    {"bench":"\(name)","rows":\(rows),"wall_s":\(rounded(wall)),"rows_per_s":\(Int(rowsPerSecond)),\
    "rows_per_flush":\(rowsPerFlush),"cpu_us_per_row":\(rounded(cpu * 1e6 / Double(rows))),\
    "server_cpu_us_per_row":\(rounded(serverCPU * 1e6 / Double(rows)))}
    """
  }
}

func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
func ratio(_ left: Double, _ right: Double) -> Double { rounded(left / right) }

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func ownCPU() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What the server's processes on this database have used, from their /proc.
func serverCPU(_ connection: Connection) throws -> Double {
  try serverCPU(
    of: connection.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"))
}

/// Seconds of processor that this connection's server process has used.
func ownServerCPU(_ connection: Connection) throws -> Double {
  try serverCPU(of: connection.query("SELECT pg_backend_pid()"))
}

private func serverCPU(of rows: Rows) throws -> Double {
  var total = 0.0
  for row in rows {
    let process = try row.get(0, as: Int32.self)
    guard let file = fopen("/proc/\(process)/stat", "r") else { continue }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = fread(&buffer, 1, buffer.count, file)
    fclose(file)
    let text = String(decoding: buffer.prefix(count), as: UTF8.self)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    if fields.count > 13 {
      total +=
        ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0))
        / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
  }
  return total
}

/// The encoder alone.
func encodeOnly(_ load: IngestLoad) throws {
  let begun = ownCPU()
  var rows = 0
  for sequence in 1...Int64(max(1, load.rows / load.rowsPerBatch)) {
    rows += load.encode(stream: 1, sequence: sequence, agent: 1, now: 0).rowCount
  }
  let cost = (ownCPU() - begun) * 1e6 / Double(rows)
  print(#"{"bench":"encode","us_per_row":\#(rounded(cost))}"#)
}
