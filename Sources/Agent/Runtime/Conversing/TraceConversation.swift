import AgentCore
import CLinux
import Dialogue
import Glibc
import Linux
import Model

/// Traces the way to an address, by sockets whose packets live for so many hops only.
///
/// Needs no privilege: each packet has a connected socket of its own, which keeps what is said of the
/// packet, and by whom (`IP_RECVERR`, ip(7); `IPV6_RECVERR`, ipv6(7)).
final class TraceConversation: Conversation {
  private static let payload = [UInt8](repeating: 0, count: 32)

  private let number: UInt64
  private let plan: TracePlan
  private unowned let host: ConversationHost
  private let begunUs: Int64
  private var run: TraceRun
  /// By hop.
  private var sockets: [Int: InternetSocket] = [:]
  private(set) var report: ConversationReport?

  init(
    _ number: UInt64, _ plan: TracePlan, _ host: ConversationHost, nowUs: Int64, deadlineUs: Int64
  ) {
    self.number = number
    self.plan = plan
    self.host = host
    begunUs = nowUs
    run = TraceRun(plan, deadlineUs: deadlineUs)
  }

  var wakeUs: Int64 { run.wakeUs }

  func begin(nowUs: Int64) {
    if SocketAddress(plan.address, port: 0).refusal(by: host.rules) != nil {
      report = ConversationReport()
    } else {
      carry(run.begin(nowUs: nowUs), nowUs)
    }
  }

  func passed(nowUs: Int64) {
    guard report == nil else { return }
    carry(run.passed(nowUs: nowUs), nowUs)
  }

  func ready(_ hop: Int, _ readiness: Readiness, nowUs: Int64) {
    guard report == nil, let socket = sockets[hop] else { return }
    carry(hear(hop, socket, nowUs), nowUs)
  }

  private func carry(_ steps: [TraceRun.Step], _ nowUs: Int64) {
    var steps = steps[...]
    while let step = steps.popFirst() {
      switch step {
      // The way may have ended before it, by what an earlier packet met at once.
      case .send(let hop): if run.awaits(hop) { steps += send(hop, nowUs) }
      case .close(let hop): sockets[hop] = nil
      case .finish: finish(nowUs)
      }
    }
  }

  /// Sends a packet. What comes of it may be known at once.
  private func send(_ hop: Int, _ nowUs: Int64) -> [TraceRun.Step] {
    let target = SocketAddress(plan.address, port: plan.port(ofHop: hop))
    do throws(SocketTrouble) {
      let socket = try InternetSocket(target.family, kind)
      sockets[hop] = socket
      limit(socket, toHops: Int32(clamping: hop))
      do throws(SocketTrouble) {
        let isConnected = try socket.connect(to: target)
        if plan.means == .udp {
          _ = try socket.send(Self.payload[...])
        } else if isConnected {
          return arrived(hop, "connected", nowUs)
        }
      } catch {
        if let steps = told(hop, socket, nowUs) { return steps }
        if error == .connection(.refused) { return arrived(hop, "refused", nowUs) }
        throw error
      }
      try watch(socket, hop)
      return []
    } catch {
      return run.unsent(hop, ConversationJudgement.failure(of: error).detail, nowUs: nowUs)
    }
  }

  private var kind: __socket_type {
    switch plan.means {
    case .tcp: SOCK_STREAM
    case .udp: SOCK_DGRAM
    }
  }

  private func limit(_ socket: InternetSocket, toHops hops: Int32) {
    if plan.address.isIPv6 {
      socket.set(Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS, hops)
      socket.set(Int32(IPPROTO_IPV6), IPV6_RECVERR, 1)
    } else {
      socket.set(Int32(IPPROTO_IP), IP_TTL, hops)
      socket.set(Int32(IPPROTO_IP), IP_RECVERR, 1)
    }
  }

  private func watch(_ socket: InternetSocket, _ hop: Int) throws(SocketTrouble) {
    do {
      try host.queue.add(
        socket.raw, for: plan.means == .udp ? .readable : .writable,
        token: ConversationHost.token(number, hop))
    } catch {
      throw SocketTrouble(errno: error.code)
    }
  }

  private func hear(_ hop: Int, _ socket: InternetSocket, _ nowUs: Int64) -> [TraceRun.Step] {
    if let steps = told(hop, socket, nowUs) { return steps }
    switch socket.takeTrouble() {
    case .connection(.refused): return arrived(hop, "refused", nowUs)
    case .connection(.reset): return arrived(hop, "reset", nowUs)
    // Nobody has said who.
    case .connection, .descriptors, .memory, .notAllowed: return run.lost(hop, nowUs: nowUs)
    case nil: return arrived(hop, plan.means == .udp ? "answered" : "connected", nowUs)
    }
  }

  /// What someone on the way has told of a hop's packet; `nil` where nobody has.
  private func told(_ hop: Int, _ socket: InternetSocket, _ nowUs: Int64) -> [TraceRun.Step]? {
    var error = up_socket_error()
    let count = host.withBuffer {
      up_receive_error(socket.raw, $0.baseAddress, $0.count, &error)
    }
    // Origins 2 and 3 are ICMP of either family; the kernel's own errors are not about the way.
    guard count >= 0, error.origin == 2 || error.origin == 3,
      let offender = SocketAddress(error.offender).address
    else { return nil }
    guard
      let finding = TraceFinding(
        isIPv6: error.origin == 3, type: error.type, code: error.type_code,
        isFromTarget: offender == plan.address)
    else { return run.lost(hop, nowUs: nowUs) }
    return run.heard(hop, from: offender, finding, nowUs: nowUs)
  }

  private func arrived(_ hop: Int, _ words: String, _ nowUs: Int64) -> [TraceRun.Step] {
    run.heard(hop, from: plan.address, .arrived(words), nowUs: nowUs)
  }

  private func finish(_ nowUs: Int64) {
    var report = ConversationReport()
    report.totalUs = nowUs - begunUs
    report.address = plan.address
    report.trace = run.table
    self.report = report
    sockets = [:]
  }
}
