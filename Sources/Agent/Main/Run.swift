import Glibc
import Link
import Linux
import Model
import Probing
import Settings
import Spool
import Synchronization

/// `upblit-agent run`: wires the parts, then waits for signals.
enum Run {
  static func run(_ values: SettingsValues) throws(AgentCommand.Failure) -> AgentCommand.Exit {
    let threshold = Log.Threshold(level(values))
    let log = Terminal.log(threshold)
    do {
      let signals = try SignalQueue([SIGTERM, SIGINT, SIGHUP])
      let state = try StateFolder(values[AgentKey.stateFolder], makes: false)
      var identity = try state.identity()
      let lock = try state.lock()
      defer { _ = lock.raw }
      let collectors = values[AgentKey.collectors].compactMap { CollectorAddress($0) }
      if !collectors.isEmpty { identity.collectors = collectors }
      let agent = try Agent(values, state, identity, log)
      return watch(agent, signals, values, threshold, log)
    } catch let error as StateError {
      throw AgentCommand.failure(error)
    } catch {
      throw AgentCommand.Failure(exit: .software, message: "\(error)")
    }
  }

  private static func level(_ values: SettingsValues) -> LogLevel {
    LogLevel.allCases.first { $0.word == values[AgentKey.logLevel] } ?? .info
  }

  /// Waits for signals and for the shipper's end, and keeps the service manager's watchdog quiet for
  /// as long as the shipper goes round its loop.
  private static func watch(
    _ agent: Agent, _ signals: borrowing SignalQueue, _ values: SettingsValues,
    _ threshold: Log.Threshold, _ log: Log
  ) -> AgentCommand.Exit {
    let notifier = ServiceNotifier(environment: SettingsSource.environment())
    notifier.send("READY=1\nSTATUS=probing as agent \(agent.id)")
    var isStopping = false
    while true {
      if let end = agent.end {
        notifier.send("STOPPING=1")
        return finish(end, log)
      }
      waitForSockets(
        [WatchedSocket(signals.descriptor), WatchedSocket(agent.endedDescriptor)],
        timeoutMs: min(5_000, (notifier.watchdogMs ?? 10_000) / 2))
      if agent.isAlive { notifier.send("WATCHDOG=1") }
      while let signal = signals.next() {
        switch signal {
        case SIGHUP: reload(threshold, log)
        default:
          if isStopping {
            log.warning("stopped at once: what runs is reported as interrupted at the next start")
            return .ok
          }
          isStopping = true
          notifier.send("STOPPING=1\nSTATUS=delivering what is left")
          log.info("stopping", ["signal": signal == SIGTERM ? "TERM" : "INT"])
          agent.stop(within: values[AgentKey.stopTimeout])
        }
      }
    }
  }

  private static func reload(_ threshold: Log.Threshold, _ log: Log) {
    let table = SettingsTable(AgentKey.common)
    do {
      let values = try AgentCommand.settings(
        table, Arguments(Array(CommandLine.arguments.dropFirst()), for: table))
      threshold.level = level(values)
      log.info("the settings were read anew", ["log_level": values[AgentKey.logLevel]])
    } catch {
      log.error("the settings are bad and were not taken", ["reason": error.message])
    }
  }

  private static func finish(_ end: LinkEnd, _ log: Log) -> AgentCommand.Exit {
    switch end {
    case .stopped(let unacked):
      log.info("stopped", ["batches_kept_for_the_next_start": "\(unacked)"])
      return .ok
    case .revoked:
      Terminal.error(
        "upblit-agent: this agent was revoked: remove the state folder's identity and enrol again "
          + "with a new token")
      return .noPermission
    case .failed(let reason):
      Terminal.error("upblit-agent: \(reason)")
      return .software
    }
  }
}
