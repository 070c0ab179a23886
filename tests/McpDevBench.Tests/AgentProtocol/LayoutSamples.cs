using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.AgentProtocol;

/// <summary>
/// One of every message, each field with a value of its own, in terms of version 1: this file compiles with the code of version 1 too.
/// </summary>
internal static class LayoutSamples
{
    private static readonly Guid s_key = new("00112233-4455-6677-8899-aabbccddeeff");

    private static readonly FileStat s_stat = new([0x61], FileKind.Link, 0x0102030405060708, 0x11, 0x22, 0x33, 0x44, 0x55, [0x62, 0x63]);

    public static IEnumerable<(string Name, Action<MessageWriter> Write)> All { get; } =
    [
        ("ExecStart", new ExecStart(s_key, ["a", "bc"], ["K=V"], [0x64], true, true, 24, 80, 1, 2, 3).Write),
        ("ExecStarted", new ExecStarted(0x01020304).Write),
        ("ExecInput", new ExecInput(s_key, [1, 2], true).Write),
        ("ExecInputTaken", new ExecInputTaken(5, true).Write),
        ("ExecSignal", new ExecSignal(s_key, 9).Write),
        ("ExecCancel", new ExecCancel(s_key, 7).Write),
        ("ExecResize", new ExecResize(s_key, 1, 2).Write),
        ("ExecOutput", to => new ExecOutput(s_key, 3, OutputStream.Stderr, 4).Write(to)),
        ("ExecExited", new ExecExited(s_key, 1, ExecEnd.Cancelled, 2, 3, 4, 5, 6).Write),
        ("ExecAck", to => new ExecAck(s_key, 8, true).Write(to)),
        ("FileStat", s_stat.Write),
        ("StatRequest", new StatRequest([0x61]).Write),
        ("ListRequest", new ListRequest([0x61], true, "*.c", 9, [0x62]).Write),
        ("ListResponse", new ListResponse([s_stat], true).Write),
        ("ReadRequest", new ReadRequest([0x61], 1, 2, 3).Write),
        ("WriteRequest", new WriteRequest([0x61], 1, true, true, 2, true).Write),
        ("DeleteRequest", new DeleteRequest([0x61], true, 1).Write),
        ("SearchRequest", new SearchRequest([0x61], "p", true, true, "g", 1, 2, true).Write),
        ("SearchResponse", new SearchResponse([new SearchMatch([0x61], 1, "t", ["b"], ["c"])], 2, true).Write),
        ("BatchRequest", new BatchRequest([new BatchStep(
            BatchVerb.Edit, [0x61], [0x62], 1, 2, true, true, true, 3, true, [new TextEdit([0x63], [0x64], true)])]).Write),
        ("BatchResponse", new BatchResponse(1, AgentStatus.Conflict, "e", [new BatchStepResult(s_stat, [0x63], 2)]).Write),
        ("ExportRequest", new ExportRequest([0x61], ["i"], ["x"]).Write),
        ("ImportRequest", new ImportRequest([0x61], 1, 2).Write),
        ("TransferResponse", new TransferResponse(1, 2, 3).Write),
        ("AgentInfo", new AgentInfo(1, 2, 3, 4, 5).Write),
        ("ContainerUsage", new ContainerUsage(1, null).Write),
        ("Hello", new Hello(1, "b").Write),
        ("Welcome", new Welcome(1, "b", s_key, [new ExecPosition(s_key, 1, 2)], User: 3).Write),
    ];

    /// <summary>The numbers behind the names.</summary>
    public static IEnumerable<string> Names { get; } =
    [
        .. NamesOf<FrameKind>(), .. NamesOf<Opcode>(), .. NamesOf<AgentStatus>(), .. NamesOf<ExecEnd>(), .. NamesOf<OutputStream>(),
        .. NamesOf<FileKind>(),
        .. NamesOf<BatchVerb>(),
    ];

    private static IEnumerable<string> NamesOf<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(value => $"{typeof(T).Name}.{value} = {value:D}");
}
