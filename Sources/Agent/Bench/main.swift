import Glibc
import Linux
import Model
import Probing

/// Says what went wrong, and ends.
func fail(_ text: String) -> Never {
  print(text)
  exit(2)
}

guard let options = BenchOptions(CommandLine.arguments) else {
  fail("usage: --url URL [--count N] [--concurrency N] [--targets N --interval-ms N] [--ca FILE]")
}
do {
  print(try BenchRun(options).line())
} catch {
  fail("\(error)")
}
