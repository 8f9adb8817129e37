import Glibc
import Pages

let arguments = CommandLine.arguments
guard arguments.count > 1, let components = Int(arguments[1]), 1...100_000 ~= components else {
  print("usage: upblit-bench-pages COMPONENTS [RUNS]")
  print("       upblit-bench-pages COMPONENTS write FOLDER")
  exit(2)
}
let page = LargePage.make(components: components)

if arguments.count > 3, arguments[2] == "write" {
  let isWritten = write(page, into: arguments[3])
  if !isWritten { print("upblit-bench-pages: cannot write to \(arguments[3])") }
  exit(isWritten ? 0 : 1)
}

let runs = arguments.count > 2 ? max(Int(arguments[2]) ?? 1, 1) : 200
print(measure(page, runs: runs))

/// The time of the processor that this thread has used, milliseconds.
func processorMs() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
}

/// Renders a page that tells of another moment each time.
func measure(_ page: StatusPage, runs: Int) -> String {
  var page = page
  var times: [Double] = []
  var bytes = 0
  for _ in 0..<runs {
    page.now += 1000
    let begun = processorMs()
    bytes = page.html().count
    times.append(processorMs() - begun)
  }
  times.sort()
  let begun = processorMs()
  let rest = page.atom().count + page.rss().count + StatuspageDocument.summary.bytes(of: page).count
  let restMs = processorMs() - begun
  func text(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
  return """
    {"program":"upblit-bench-pages","components":\(page.components.count),"runs":\(runs),\
    "bytes":\(bytes),"p50_ms":\(text(times[runs / 2])),"p99_ms":\(text(times[runs * 99 / 100])),\
    "feeds_and_summary_bytes":\(rest),"feeds_and_summary_ms":\(text(restMs))}
    """
}

/// Every document of a page, as files that a browser opens from the folder's server.
func write(_ page: StatusPage, into folder: String) -> Bool {
  var page = page
  page.address = PageAddress(origin: "http://127.0.0.1", path: "", assets: "")
  var files: [(String, [UInt8])] = [
    ("index.html", page.html()), (Stylesheet.name, Stylesheet.bytes),
    ("feed.atom", page.atom()), ("feed.rss", page.rss()),
    ("history", page.historyHTML(CalendarMonth(of: page.now))),
  ]
  for incident in page.incidents {
    files.append(("incidents/\(incident.id)", page.incidentHTML(incident.id) ?? []))
  }
  for component in page.components.prefix(10) {
    files.append(("components/\(component.id)/index.html", page.componentHTML(component.id) ?? []))
    if let response = component.response {
      files.append(
        (
          "components/\(component.id)/response.svg",
          ResponseChart(response, name: component.name).svg()
        ))
    }
  }
  for (name, bytes) in files {
    var parent = folder
    for part in name.split(separator: "/").dropLast() {
      parent += "/\(part)"
      mkdir(parent, 0o755)
    }
    guard let file = fopen("\(folder)/\(name)", "w") else { return false }
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else { return false }
  }
  return true
}
