using McpDevBench.Access;
using McpDevBench.Audit;
using McpDevBench.Calls;
using McpDevBench.Observability;

namespace McpDevBench.Mcp;

/// <summary>
/// <c>/workspaces/{id}/files?path=…</c>: transfers that are too large for the result of a tool. GET streams a file or an archive of a
/// directory, PUT uploads a file or unpacks an archive. Callers of fs_read and fs_write may use it, and no others.
/// </summary>
internal sealed class FileEndpoint(CallScopes calls, FileDownloads downloads, FileUploads uploads, McpOptions options)
{
    private const string Route = "/workspaces/{id}/files";

    /// <summary>In an answer: the workspace's container was started again, and its processes are gone.</summary>
    private const string ResumedHeader = "Workspace-Resumed";

    /// <summary>In an answer: the notes that the result of a tool would have.</summary>
    private const string NoteHeader = "Workspace-Note";

    private static readonly string[] _reading = ["GET", "HEAD"];
    private static readonly string[] _writing = ["PUT"];
    private static readonly CallKind _get = KindOf("files_get", FsReadTool.Facts), _put = KindOf("files_put", FsWriteTool.Facts);

    /// <summary>Its methods in metrics.</summary>
    public static IReadOnlyList<string> Methods { get; } = [_get.Name, _put.Name];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods(Route, _reading, context => CallAsync(context, _get, FsReadTool.Facts, downloads.ServeAsync));
        endpoints.MapMethods(Route, _writing, context => CallAsync(context, _put, FsWriteTool.Facts, uploads.ServeAsync));
    }

    private Task CallAsync(HttpContext context, CallKind kind, ToolFacts tool, Func<FileCall, CancellationToken, Task> serve)
    {
        var facts = calls.Enter(context.User);
        var scope = calls.Begin(kind, context);
        var call = FileCall.Of(context, facts.Caller, scope);
        (facts.ContainerId, facts.Target) = (CallFacts.Handle(call.Container), call.Path);
        scope.Record.Event = EventOf(call);
        context.Response.OnStarting(() => NoteAsync(context.Response, facts));
        return scope.RunAsync(
            async stop =>
            {
                BrowserRules.RequireProof(context.Request);
                RequireOffered(tool);
                FileQuery.Check(context.Request);
                await serve(call, stop);
                if (context.Response.StatusCode >= 400)
                    scope.Fails(ErrorCode.InvalidArgument.Name());
            }, context.RequestAborted);
    }

    private void RequireOffered(ToolFacts tool)
    {
        if (options.Tools.WhyNot(tool) is { } reason)
            throw new RequestException(
                ErrorCode.Forbidden, $"{tool.Name} is disabled on this server, and so is this endpoint.", reason) { Rule = "tool" };
    }

    private static Task NoteAsync(HttpResponse response, CallFacts facts)
    {
        if (facts.Resumed.Count > 0)
            response.Headers[ResumedHeader] = "true";
        if (ResumeNote.Of(facts) is { Count: > 0 } notes)
            response.Headers[NoteHeader] = FileHeaders.Ascii(string.Join(' ', notes));
        return Task.CompletedTask;
    }

    /// <summary>HEAD reads nothing.</summary>
    private static string? EventOf(FileCall call) => call.Request.Method switch
    {
        "HEAD" => null,
        "GET" => call.Format is null ? AuditEvents.FsRead : AuditEvents.FsExport,
        _ => call.Unpack ? AuditEvents.FsImport : AuditEvents.FsWrite,
    };

    private static CallKind KindOf(string name, ToolFacts tool) =>
        new(name) { IsReadOnly = tool.ReadOnly, MayGoUnrecorded = tool.ReadOnly, Limit = CallLimit.Transfer, IsLogged = true };
}
