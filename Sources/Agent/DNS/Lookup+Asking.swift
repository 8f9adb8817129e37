extension Lookup {
  /// Asks the next server that may still answer.
  ///
  /// - Returns: whether there was one.
  mutating func askNext(
    _ nowUs: Int64, _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) -> Bool {
    for offset in servers.indices {
      let server = (turn + offset) % servers.count
      guard standings[server].failure == nil, standings[server].tries < max(1, policy.tries) else {
        continue
      }
      turn = (server + 1) % servers.count
      standings[server].tries += 1
      return ask(server, nowUs, &generator, &steps)
    }
    return false
  }

  /// Sends the question to one server, as it likes it.
  @discardableResult
  mutating func ask(
    _ server: Int, _ nowUs: Int64, _ generator: inout some RandomNumberGenerator,
    _ steps: inout [Step]
  ) -> Bool {
    guard attempts.count < Self.mostAttempts else { return false }
    if attempts.count(where: \.isOpen) >= Self.mostOpen,
      let oldest = attempts.firstIndex(where: \.isOpen)
    {
      end(oldest, .unanswered, nowUs, &steps)
    }
    var attempt = Attempt(
      server: server,
      transport: standings[server].needsTCP == nil ? policy.transport : .tcp,
      query: DNSQuery(
        id: id(using: &generator),
        name: policy.mixesCase ? current.mixingCase(using: &generator) : current, type: type,
        wantsRecursion: policy.wantsRecursion, wantsAuthenticData: policy.wantsAuthenticData,
        disablesChecking: policy.disablesChecking),
      atUs: nowUs)
    if policy.usesExtended, !standings[server].isPlain {
      var extended = ExtendedDNS(wantsSignatures: policy.wantsSignatures)
      if policy.usesCookies {
        let client = standings[server].clientCookie ?? generator.next()
        standings[server].clientCookie = client
        attempt.cookie = client
        extended.options = [.cookie(client: client, server: standings[server].serverCookie)]
      }
      attempt.query.extended = extended
    }
    let message = attempt.query.encoded()
    let number = attempts.count
    switch attempt.transport {
    case .udp: steps.append(.send(attempt: number, message: message, to: servers[server]))
    case .tcp: steps.append(.connect(attempt: number, message: message, to: servers[server]))
    case .tls, .https:
      steps.append(
        .exchange(
          attempt: number, message: message, to: servers[server], over: attempt.transport))
    }
    attempts.append(attempt)
    retryAtUs = nowUs + min(max(1, policy.retryUs), 3_600_000_000)
    return true
  }

  /// Over HTTPS it is 0, for the sake of caches (RFC 8484 section 4.1): there the request is matched.
  private func id(using generator: inout some RandomNumberGenerator) -> UInt16 {
    policy.transport == .https ? 0 : UInt16.random(in: .min ... .max, using: &generator)
  }

  /// Asks for the target of an alias, the server first that told of it.
  mutating func askAnew(
    for target: DomainName, _ server: Int, _ nowUs: Int64,
    _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    closeAll(nowUs, &steps)
    current = target
    for index in standings.indices {
      standings[index].tries = 0
      standings[index].failure = nil
    }
    turn = server
    if !askNext(nowUs, &generator, &steps) { finish(.loop, nowUs, &steps) }
  }

  /// A server failed in a way that asking again would not change: on to the next.
  mutating func fail(
    _ attempt: Int, _ failure: LookupFailure, _ nowUs: Int64,
    _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    end(attempt, .failed(failure), nowUs, &steps)
    standings[attempts[attempt].server].failure = failure
    goOn(nowUs, &generator, &steps)
  }

  /// A message answers nothing we asked. A server that proved who it is has failed with that; in clear
  /// anybody may have sent it.
  mutating func miss(
    _ attempt: Int, _ failure: LookupFailure, _ nowUs: Int64,
    _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    if attempts[attempt].transport.isEncrypted {
      fail(attempt, failure, nowUs, &generator, &steps)
    } else {
      ignore(attempt, nowUs, &generator, &steps)
    }
  }

  /// Counts a message that answers nothing we asked.
  mutating func ignore(
    _ attempt: Int, _ nowUs: Int64, _ generator: inout some RandomNumberGenerator,
    _ steps: inout [Step]
  ) {
    ignored += 1
    attempts[attempt].ignored += 1
    guard attempts[attempt].ignored >= Self.mostIgnored else { return }
    end(attempt, .unanswered, nowUs, &steps)
    goOn(nowUs, &generator, &steps)
  }

  /// Asks the next server; with none left, waits for those that were asked, if there are any.
  private mutating func goOn(
    _ nowUs: Int64, _ generator: inout some RandomNumberGenerator, _ steps: inout [Step]
  ) {
    if !askNext(nowUs, &generator, &steps), !attempts.contains(where: \.isOpen) {
      finish(worstFailure, nowUs, &steps)
    }
  }

  /// Hears no more of an attempt.
  mutating func end(
    _ attempt: Int, _ ending: LookupAttempt.Ending, _ nowUs: Int64, _ steps: inout [Step]
  ) {
    guard attempts[attempt].isOpen else { return }
    attempts[attempt].tookUs = max(0, nowUs - attempts[attempt].atUs)
    attempts[attempt].ending = ending
    steps.append(.close(attempt: attempt))
  }

  private mutating func closeAll(_ nowUs: Int64, _ steps: inout [Step]) {
    for attempt in attempts.indices { end(attempt, .unanswered, nowUs, &steps) }
  }

  /// The failure that says most, of all servers'.
  var worstFailure: LookupFailure {
    let failures = standings.indices.map { server -> LookupFailure in
      if let failure = standings[server].failure { return failure }
      if standings[server].needsTCP == .truncation {
        return .truncated("there was no answer in time")
      }
      // Forgeries say that the way is open, and that nobody else used it.
      let isSpoofed = attempts.contains { $0.server == server && $0.ignored > 0 }
      return isSpoofed ? .spoofed(ignored) : .timeout
    }
    return failures.max { $0.rank < $1.rank } ?? .timeout
  }

  /// Closes what is open and reports.
  mutating func finish(
    _ failure: LookupFailure?, records: [ResourceRecord] = [], _ nowUs: Int64, _ steps: inout [Step]
  ) {
    closeAll(nowUs, &steps)
    state = .finished
    let answered = response.map { attempts[$0.attempt] }
    steps.append(
      .finish(
        LookupReport(
          name: name, type: type, failure: failure, records: records, aliases: aliases,
          response: response?.message, server: answered.map { servers[$0.server] },
          transport: answered?.transport,
          attempts: attemptsSoFar(nowUs: nowUs),
          ignored: ignored, tookUs: max(0, nowUs - startedUs))))
  }
}
