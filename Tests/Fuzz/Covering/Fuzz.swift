import WireFuzzing

/// libFuzzer's entry: build with `UPBLIT_FUZZ=coverage swift build --sanitize=fuzzer
/// --scratch-path .build-fuzz --product upblit-fuzz-coverage`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafeRawPointer, _ count: Int) -> CInt {
  let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
  decodeEverything(bytes)
  parseEverything(bytes)
  decodeNames(bytes)
  hearEverything(bytes)
  return 0
}
