using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>What tests do with an agent, in their words.</summary>
internal static class AgentVerbs
{
    private const string Path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static ExecStart Plan(
        string[] argv, bool stdin = false, bool pty = false, ushort rows = 24, ushort columns = 80,
        uint timeoutMs = 0, uint graceMs = 200, uint drainMs = 500, string cwd = "", string[]? env = null, Guid? key = null)
        => new(key ?? Guid.NewGuid(), argv, env ?? [Path], Encoding.UTF8.GetBytes(cwd), stdin, pty, rows, columns, timeoutMs, graceMs,
            drainMs);

    public static Guid Start(this AgentClient client, ExecStart plan)
    {
        client.Call(Opcode.ExecStart, plan.Write, ExecStarted.Read);
        return plan.Key;
    }

    public static Guid Shell(
        this AgentClient client, string script, bool stdin = false, bool pty = false, uint timeoutMs = 0, uint graceMs = 200,
            uint drainMs = 500)
        => client.Start(Plan(["/bin/sh", "-c", script], stdin, pty, timeoutMs: timeoutMs, graceMs: graceMs, drainMs: drainMs));

    /// <summary>Runs a script to its end.</summary>
    public static (ExecRecord Record, ExecExited Exited) Run(this AgentClient client, string script, uint timeoutMs = 0, uint drainMs = 500)
    {
        var record = client.Record(client.Shell(script, timeoutMs: timeoutMs, drainMs: drainMs));
        return (record, record.Wait());
    }

    public static ExecInputTaken Input(this AgentClient client, Guid key, string text, bool eof = false)
        => client.Call(Opcode.ExecInput, new ExecInput(key, Encoding.UTF8.GetBytes(text), eof).Write, ExecInputTaken.Read);

    public static void Signal(this AgentClient client, Guid key, byte signal)
        => client.Call(Opcode.ExecSignal, new ExecSignal(key, signal).Write);

    public static void Cancel(this AgentClient client, Guid key, uint graceMs)
        => client.Call(Opcode.ExecCancel, new ExecCancel(key, graceMs).Write);

    public static AgentInfo Info(this AgentClient client) => client.Call(Opcode.Info, _ => { }, AgentInfo.Read);

    public static ContainerUsage Usage(this AgentClient client) => client.Call(Opcode.Usage, _ => { }, ContainerUsage.Read);

    public static FileStat Stat(this AgentClient client, string path)
        => client.Call(Opcode.Stat, new StatRequest(Bytes(path)).Write, FileStat.Read);

    public static byte[] Read(this AgentClient client, string path, ulong offset = 0, ulong length = ulong.MaxValue)
    {
        var call = client.Begin(Opcode.Read, new ReadRequest(Bytes(path), offset, length).Write);
        call.Answer(FileStat.Read);
        return call.Content;
    }

    public static FileStat Write(
        this AgentClient client, string path, ReadOnlySpan<byte> content, uint mode = WriteRequest.KeepMode, bool parents = false,
            bool append = false,
        ulong? ifMatch = null, bool ifNoneMatch = false)
        => client.Begin(Opcode.Write, new WriteRequest(Bytes(path), mode, parents, append, ifMatch, ifNoneMatch).Write).Upload(content)
            .Answer(FileStat.Read);

    public static FileStat Write(this AgentClient client, string path, string content, bool parents = false, bool append = false,
        ulong? ifMatch = null, bool ifNoneMatch = false)
        => client.Write(path, Bytes(content), parents: parents, append: append, ifMatch: ifMatch, ifNoneMatch: ifNoneMatch);

    public static void Delete(this AgentClient client, string path, bool recursive = false, ulong? ifMatch = null)
        => client.Call(Opcode.Delete, new DeleteRequest(Bytes(path), recursive, ifMatch).Write);

    public static ListResponse List(
        this AgentClient client, string path, bool recursive = false, string glob = "", uint max = 1000, byte[]? after = null,
        bool all = true)
        => client.Call(Opcode.List, new ListRequest(Bytes(path), recursive, glob, max, after ?? [], all).Write, ListResponse.Read);

    public static SearchResponse Search(
        this AgentClient client, string pattern, string path = "", bool literal = false, bool ignoreCase = false, string glob = "",
        uint context = 0, uint max = 1000, bool all = false,
        SearchLimits? after = null)
        => client.Call(Opcode.Search, new SearchRequest(Bytes(path), pattern, literal, ignoreCase, glob, context, max, all)
        {
            After = after?.Path ?? [],
            AfterLine = after?.Line ?? 0,
        }.Write, SearchResponse.Read);

    public static BatchResponse Batch(this AgentClient client, params (BatchStep Step, string Content)[] steps)
        => client.Begin(Opcode.Batch, new BatchRequest([.. steps.Select(step => step.Step)]).Write)
            .Upload(Bytes(string.Concat(steps.Select(step => step.Content)))).Answer(BatchResponse.Read);

    public static TransferResponse Import(this AgentClient client, byte[] archive, string path, ulong maxBytes, uint maxEntries) =>
        client.Begin(Opcode.Import, new ImportRequest(Bytes(path), maxBytes, maxEntries).Write).Upload(archive)
            .Answer(TransferResponse.Read);

    public static (byte[] Archive, TransferResponse Response) Export(
        this AgentClient client, string path, string[]? include = null, string[]? exclude = null)
    {
        var call = client.Begin(Opcode.Export, new ExportRequest(Bytes(path), include ?? [], exclude ?? []).Write);
        var response = call.Answer(TransferResponse.Read);
        return (call.Content, response);
    }

    public static AgentStatus StatusOf(Action action) => Assert.Throws<AgentErrorException>(action).Status;

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string[] Paths(this ListResponse list) => [.. list.Entries.Select(entry => Encoding.UTF8.GetString(entry.Path))];
}
