import Curl
import Glibc
import Linux
import Model
import Probing

/// One measurement.
struct BenchRun {
  private let options: BenchOptions

  init(_ options: BenchOptions) {
    self.options = options
  }

  /// Measures, and gives the figures as a JSON object on one line.
  func line() throws -> String {
    let sink = try BenchSink(count: options.count)
    var configuration = ProberConfiguration()
    configuration.allowsLoopback = true
    if let caFile = options.caFile { configuration.caFile = caFile }
    let prober = Prober(
      configuration: configuration, agent: .random(), clock: AgentClock(), sink: sink)
    try prober.start()
    let begin = ProcessLimits.processorMicroseconds()
    let beginNs = AgentClock.monotonicNanoseconds()
    if options.intervalMs > 0 { assign(to: prober) } else { keepGoing(prober, sink) }
    let counts = try sink.wait()
    let wallUs = (AgentClock.monotonicNanoseconds() - beginNs) / 1_000
    let end = ProcessLimits.processorMicroseconds()
    let peak = peakKiB()
    let statistics = prober.statistics
    // OpenSSL takes itself down at the end of the process, and the prober must not run by then.
    prober.stop()
    let cpuUs = end.user - begin.user + end.system - begin.system
    let ended = max(1, counts.ended)
    return """
      {"bench":"upblit-bench-probe","libcurl":"\(CurlLibrary.version)","url":"\(options.url)",\
      "targets":\(options.targets),"conc":\(options.concurrency),\
      "interval_ms":\(options.intervalMs),"probes":\(counts.ended),"ok":\(counts.up),\
      "first_failure":"\(counts.firstFailure ?? "")","skipped":\(statistics.skippedTurns),\
      "user_us":\(end.user - begin.user),"sys_us":\(end.system - begin.system),\
      "wall_us":\(wallUs),"cpu_us_per_probe":\(Double(cpuUs / Int64(ended / 10 + 1)) / 10),\
      "mean_total_us":\(counts.totals * 100 / Int64(ended)),\
      "loop_lag_p99_ms":\(statistics.loopLagP99Ms),"rss_peak_kib":\(peak)}
      """
  }

  /// As a fleet is: every target at its phase, phases evenly spread.
  private func assign(to prober: Prober) {
    prober.assign(
      (0..<options.targets).map { number in
        target(
          number, intervalSeconds: UInt32(clamping: max(1, options.intervalMs / 1_000)),
          phaseMs: UInt32(clamping: options.intervalMs * number / options.targets))
      })
  }

  /// As fast as it goes: each target is probed again as soon as its probe has ended.
  private func keepGoing(_ prober: Prober, _ sink: BenchSink) {
    let targets = (0..<options.concurrency).map { target($0, intervalSeconds: 86_400, phaseMs: 0) }
    prober.assign(targets)
    let request = ProbeRequestID(high: 0, low: 1)
    sink.whenEnded { [prober] slot in
      prober.probeNow(request, target: targets[Int(slot) - 1], deadlineMs: 60_000)
    }
    for target in targets { prober.probeNow(request, target: target, deadlineMs: 60_000) }
  }

  private func target(_ number: Int, intervalSeconds: UInt32, phaseMs: UInt32) -> AssignedTarget {
    AssignedTarget(
      slot: UInt64(number + 1), monitor: MonitorID(high: 0, low: UInt64(number + 1)),
      intervalSeconds: intervalSeconds, timeoutMs: 30_000, phaseMs: phaseMs,
      question: .check(.http(HTTPCheck(url: options.url(of: number)))))
  }

  /// The most memory that the process has held, by the kernel's account.
  private func peakKiB() -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.utf8.starts(with: "VmHWM:".utf8) else { continue }
      return Int(String(text.unicodeScalars.filter { ("0"..."9").contains($0) })) ?? 0
    }
    return 0
  }
}
