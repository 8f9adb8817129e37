import Glibc

@main
enum UpblitCollector {
  static func main() async {
    // A peer that is gone is an error of its write, never the end of the process.
    signal(SIGPIPE, SIG_IGN)
    exit(await Command.run(Array(CommandLine.arguments.dropFirst())))
  }
}
