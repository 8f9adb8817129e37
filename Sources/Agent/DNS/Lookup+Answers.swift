import Model

extension Lookup {
  /// Judges what the asked server sent.
  mutating func take(
    _ bytes: [UInt8], _ attempt: Int, _ nowUs: Int64,
    _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    var reader = MessageReader(bytes)
    let head: DNSMessage.Head
    do {
      head = try DNSMessage.Head(from: &reader)
    } catch {
      miss(attempt, .malformed(error), nowUs, &generator, &steps)
      return
    }
    guard fits(head, attempts[attempt]) else {
      miss(attempt, .stray, nowUs, &generator, &steps)
      return
    }
    let server = attempts[attempt].server
    if head.flags.contains(.truncated) {
      switch attempts[attempt].transport {
      case .udp: turnToTCP(attempt, .truncation, nowUs, &generator, &steps)
      case .tcp:
        fail(attempt, .truncated("it was truncated there as well"), nowUs, &generator, &steps)
      case .tls, .https:
        let failure = Failure(
          .dnsTruncated, detail: "the answer is truncated, though there is room for the whole")
        fail(attempt, .channel(failure), nowUs, &generator, &steps)
      }
      return
    }
    let message: DNSMessage
    do {
      message = try DNSMessage(decoding: bytes)
    } catch {
      fail(attempt, .malformed(error), nowUs, &generator, &steps)
      return
    }
    let cookie = message.extended?.cookie
    if let sent = attempts[attempt].cookie, let cookie, cookie.client != sent {
      ignore(attempt, nowUs, &generator, &steps)
      return
    }
    response = (message, attempt)
    let code = message.responseCode
    switch code {
    case .noError:
      takeAnswer(message, attempt, nowUs, &generator, &steps)
    case .noSuchName:
      end(attempt, .answered(code), nowUs, &steps)
      takeAliases(of: message)
      finish(.noSuchName, nowUs, &steps)
    case .formatError, .notImplemented, .badVersion:
      guard attempts[attempt].query.extended != nil else {
        fail(attempt, .code(code), nowUs, &generator, &steps)
        return
      }
      // RFC 6891 section 7: what does not know EDNS is asked without it.
      standings[server].isPlain = true
      end(attempt, .answered(code), nowUs, &steps)
      ask(server, nowUs, &generator, &steps)
    case .badCookie:
      guard let given = cookie?.server, !given.isEmpty, standings[server].serverCookie.isEmpty
      else {
        if attempts[attempt].transport == .udp {
          turnToTCP(attempt, .cookie, nowUs, &generator, &steps)
        } else {
          fail(attempt, .code(code), nowUs, &generator, &steps)
        }
        return
      }
      standings[server].serverCookie = given
      end(attempt, .answered(code), nowUs, &steps)
      ask(server, nowUs, &generator, &steps)
    case .serverFailure: fail(attempt, .serverFailure, nowUs, &generator, &steps)
    case .refused: fail(attempt, .refused, nowUs, &generator, &steps)
    default: fail(attempt, .code(code), nowUs, &generator, &steps)
    }
  }

  /// Whether a message is an answer to the question of an attempt.
  private func fits(_ head: DNSMessage.Head, _ attempt: Attempt) -> Bool {
    guard head.id == attempt.query.id, head.flags.contains(.response), head.operation == 0 else {
      return false
    }
    guard let question = head.questions.first else {
      // A server that could not read the question can't repeat it.
      return [ResponseCode.formatError, .notImplemented].map(\.rawValue).contains(head.responseCode)
    }
    return head.questions.count == 1 && question.type == type
      && question.recordClass == attempt.query.recordClass
      && (policy.mixesCase
        ? question.name.isIdentical(to: attempt.query.name)
        : question.name == attempt.query.name)
  }

  /// Asks the same server again, over TCP.
  private mutating func turnToTCP(
    _ attempt: Int, _ need: TCPNeed, _ nowUs: Int64,
    _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    let server = attempts[attempt].server
    end(attempt, need == .truncation ? .truncated : .answered(.badCookie), nowUs, &steps)
    standings[server].needsTCP = need
    if !ask(server, nowUs, &generator, &steps) { finish(worstFailure, nowUs, &steps) }
  }

  /// An answer without an error: records, an alias, or nothing.
  private mutating func takeAnswer(
    _ message: DNSMessage, _ attempt: Int, _ nowUs: Int64,
    _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    guard !message.isReferral else {
      fail(attempt, .referral, nowUs, &generator, &steps)
      return
    }
    end(attempt, .answered(.noError), nowUs, &steps)
    guard
      let walk = AliasChain.walk(
        from: current, to: type, in: message.answers, visited: &visited)
    else {
      finish(.loop, nowUs, &steps)
      return
    }
    aliases += walk.aliases
    if !walk.records.isEmpty {
      finish(nil, records: walk.records, nowUs, &steps)
    } else if walk.aliases.isEmpty || !policy.followsAliases || message.negativeTTL != nil {
      // With the SOA record the server says that it has looked: the target has no such record.
      finish(.noData, nowUs, &steps)
    } else {
      askAnew(for: walk.end, attempts[attempt].server, nowUs, &generator, &steps)
    }
  }

  /// The aliases that led to a name which does not exist.
  private mutating func takeAliases(of message: DNSMessage) {
    if let walk = AliasChain.walk(
      from: current, to: type, in: message.answers, visited: &visited)
    {
      aliases += walk.aliases
    }
  }
}
