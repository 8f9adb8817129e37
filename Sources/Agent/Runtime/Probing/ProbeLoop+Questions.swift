import AgentCore
import Conversing
import Curl
import DNS
import Dialogue
import Model
import Resolving

/// Questions to name servers that travel encrypted: over TLS as conversations, over HTTPS by libcurl.
extension ProbeLoop: QuestionCarrier {
  /// On what way a question is.
  enum Carriage {
    case conversation(Conversations.Token)
    case request(QuestionRequest)
  }

  func carry(_ question: CarriedQuestion) -> Failure? {
    guard let identity = question.server.identity else {
      return Failure(.agentFailed, detail: "the name server has no name to prove")
    }
    switch question.transport {
    case .tls:
      let token = conversations.begin(
        .stream(
          StreamPlan(
            addresses: [question.server.address], port: question.server.port,
            limitUs: question.limitUs,
            tls: ConversationSetup.tls(question.tls, host: identity.host, startTLS: nil),
            question: question.message)))
      carried[question.number] = .conversation(token)
      carriedByConversation[token] = question.number
      return nil
    case .https:
      guard let multi else { return Failure(.agentFailed, detail: "the agent is stopping") }
      do throws(QuestionRequest.Unusable) {
        let request = try QuestionRequest(question, identity, rules, configuration)
        try request.begin(in: multi)
        carried[question.number] = .request(request)
        return nil
      } catch {
        return Failure(.agentFailed, detail: Judgement.excerpt(error.reason, limit: 240))
      }
    case .udp, .tcp:
      return Failure(.agentFailed, detail: "nothing that travels in clear is carried")
    }
  }

  func drop(_ number: UInt64) {
    switch carried.removeValue(forKey: number) {
    case .conversation(let token):
      carriedByConversation[token] = nil
      conversations.cancel(token)
    case .request(let request): multi?.remove(request.handle)
    case nil: return
    }
  }

  /// A conversation has ended that carried a question.
  func ended(_ number: UInt64, _ report: ConversationReport) {
    carried[number] = nil
    let answer: CarriedAnswer =
      if let failure = report.failure {
        .failed(failure)
      } else {
        .message(report.answer ?? [])
      }
    resolver.carried(number, answer)
  }

  /// A transfer has ended that carried a question.
  func ended(_ request: QuestionRequest, _ code: CurlCode) {
    guard carried.removeValue(forKey: request.number) != nil else { return }
    resolver.carried(request.number, request.answer(code))
  }
}
