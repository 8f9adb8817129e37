import Curl
import Linux

extension HandlePool {
  /// Begins a transfer on a thread of its own, whose answer comes by a pipe.
  static func open(_ order: TransferOrder) throws(APIError) -> StreamPipe {
    let server = order.configuration.server
    do throws(SystemError) {
      let pipe = try StreamPipe()
      _ = try DedicatedThread(name: "upblit-stream") { pipe.finish(carry(order, to: pipe)) }
      return pipe
    } catch {
      throw .unreachable(server, reason: "no stream can be begun: \(error)")
    }
  }

  private static func carry(
    _ order: TransferOrder, to pipe: StreamPipe
  ) -> Result<Void, APIError> {
    let configuration = order.configuration
    let server = configuration.server
    do throws(CurlError) {
      let handle = try EasyHandle()
      try handle.take(order)
      let sink = StreamSink(pipe)
      try handle.listen(sink)
      let code = handle.perform()
      handle.listen(for: nil)
      if code == .ok { return .success(()) }
      if sink.isOverfull {
        return .failure(.tooLong(server, limit: configuration.answerLimit))
      }
      if code == .timedOut {
        return .failure(.timedOut(server, milliseconds: configuration.timeoutMs))
      }
      let reason = handle.errorText.isEmpty ? code.text : handle.errorText
      return .failure(.unreachable(server, reason: reason))
    } catch {
      return .failure(.unreachable(server, reason: error.text))
    }
  }
}
