using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Calls;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>Where MCP comes in: every request, tool call and read of a resource gets its <see cref="CallScope"/> here.</summary>
internal sealed partial class McpEntrance(CallScopes calls, McpOptions options, MetricCatalogue metrics, ILogger<McpEntrance> logger)
{
    /// <summary>In the items of a message whose parameters the SDK could read as those of a tool call.</summary>
    private const string Reached = "devbench.tool";

    private const int MaxShownName = 80;

    /// <summary>A tool call whose parameters cannot be read: its tool is not known.</summary>
    private static readonly CallKind _unreadTool =
        new(ApiMetrics.Unknown) { Limit = CallLimit.None, IsLogged = true, ProtocolErrorOf = McpErrors.OfMethod };

    private readonly ToolNames _tools = options.Tools.Names();

    public void Install(McpServerOptions server)
    {
        server.Filters.Message.IncomingFilters.Add(next => (context, gone) => OnMessageAsync(next, context, gone));
        server.Filters.Message.OutgoingFilters.Add(next => (context, stop) => OnAnswerAsync(next, context, stop));
        server.Filters.Request.CallToolFilters.Add(next => (request, gone) => OnToolAsync(next, request, gone));
        server.Filters.Request.ReadResourceFilters.Add(next => (request, stop) => OnResourceAsync(next, request, stop));
        ListFilters.Install(server, withOutputSchemas: options.StructuredOutput == StructuredOutput.Full, _tools);
    }

    private async Task OnMessageAsync(McpMessageHandler next, MessageContext context, CancellationToken gone)
    {
        calls.Enter(context.User, context.Server.ClientInfo?.Name);
        if (context.JsonRpcMessage is not JsonRpcRequest request)
            await next(context, gone);
        else if (request.Method == RequestMethods.ToolsCall)
            await OnToolMessageAsync(next, context, request, gone);
        else
            await ServeAsync(KindOf(request.Method), context, request, stop => ContinueAsync(next, context, request, stop), gone);
    }

    /// <summary>The call itself is served in <see cref="OnToolAsync"/>, if the SDK can read its parameters.</summary>
    private async Task OnToolMessageAsync(
        McpMessageHandler next, MessageContext context, JsonRpcRequest request, CancellationToken gone)
    {
        try
        {
            await ContinueAsync(next, context, request, gone);
        }
        catch (Exception exception) when (context.Items.ContainsKey(Reached))
        {
            exception.Data[CorrelationId.Field] = CorrelationId.Current;
            throw;
        }
        catch (Exception exception)
        {
            await ServeAsync(_unreadTool, context, request, _ => Task.FromException(exception), gone);
        }
    }

    /// <summary>A request with its span. A failure becomes an error of JSON-RPC.</summary>
    private async Task ServeAsync(
        CallKind kind, MessageContext context, JsonRpcRequest request, Func<CancellationToken, Task> serve, CancellationToken gone)
    {
        using var span = RequestSpan.Begin(request, kind == _unreadTool ? RequestMethods.ToolsCall : kind.Name);
        var call = calls.Begin(kind);
        Exception? answered = null;
        try
        {
            await call.RunAsync(serve, gone);
        }
        catch (Exception exception) when (exception is not InputRequiredException)
        {
            answered = McpErrors.Answered(exception, kind.Name, context.Server.NegotiatedProtocolVersion);
            if (answered == exception)
                throw;
            throw answered;
        }
        finally
        {
            RequestSpan.End(span, context, call.ErrorType, answered);
        }
    }

    private async ValueTask<CallToolResult> OnToolAsync(
        McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request,
        CancellationToken gone)
    {
        request.Items[Reached] = true;
        CallHandles.Note(request.Params?.Arguments);
        using var span = RequestSpan.Begin(
            request.JsonRpcRequest, RequestMethods.ToolsCall, (request.MatchedPrimitive as McpServerTool)?.ProtocolTool);
        var call = calls.Begin(KindOf(request));
        call.IsDryRun = IsDryRun(request.Params);
        try
        {
            var result = await call.RunAsync(stop => CallToolAsync(call, next, request, stop), gone);
            return InForm(ResumeNote.Add(result));
        }
        catch (RequestException error)
        {
            var result = McpErrors.Result(error);
            // A call that goes on may still change its notes.
            return InForm(call.HasTimedOut ? result : ResumeNote.Add(result));
        }
        finally
        {
            RequestSpan.End(span, request, call.ErrorType, call.Failure);
        }
    }

    private async Task<CallToolResult> CallToolAsync(
        CallScope call, McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request,
        CancellationToken stop)
    {
        var name = request.Params?.Name ?? "";
        if (request.MatchedPrimitive is not McpServerTool)
            throw NotOffered(name);
        if (request.Params?.Arguments?.TryGetValue(MessageFault.Member, out var fault) is true
            && MessageFault.Read($"{fault}") is var (sentence, hint))
            throw new RequestException(ErrorCode.InvalidArgument, sentence, hint);
        var result = await next(request, stop);
        if (result.IsError is true)
            call.Fails("tool_error");
        return result;
    }

    /// <summary>A resource is recorded as the tool that reads the same would be, before its answer is sent.</summary>
    private static async ValueTask<ReadResourceResult> OnResourceAsync(
        McpRequestHandler<ReadResourceRequestParams, ReadResourceResult> next, RequestContext<ReadResourceRequestParams> request,
        CancellationToken stop)
    {
        var call = CallScope.Current!;
        call.Record.Event = (request.MatchedPrimitive as DevBenchResource)?.AuditEvent;
        // Bounded here as well as around the message: a result that comes too late must not become a second answer.
        var result = await CallDeadline.Current!.BoundAsync(next(request, stop).AsTask());
        await call.Record.SucceededAsync();
        return result;
    }

    /// <summary>An error without an id was not seen here as a message: the SDK rejected it, and the error says why.</summary>
    private Task OnAnswerAsync(McpMessageHandler next, MessageContext context, CancellationToken stop)
    {
        if (context.JsonRpcMessage is JsonRpcError { Error: { Data: null } error })
        {
            error.Data = new JsonObject { [CorrelationId.Field] = CorrelationId.Ensure() };
            var isOurs = (McpErrorCode)error.Code == McpErrorCode.InternalError;
            metrics.Api.Rejected((isOurs ? ErrorCode.ServerError : ErrorCode.InvalidArgument).Name());
            LogRejected(error.Code);
        }
        if (options.Transport == Transport.Stdio)
            FormFault.ClearId(context.JsonRpcMessage);
        if (context.JsonRpcMessage is JsonRpcError { Error: { } failed })
            ProtocolVersions.Complete(failed);
        Instructions.Address(context.JsonRpcMessage);
        return next(context, stop);
    }

    private static Task ContinueAsync(McpMessageHandler next, MessageContext context, JsonRpcRequest request, CancellationToken stop)
    {
        if ((request.Params as JsonObject)?[MessageFault.Member] is not JsonValue fault)
            return next(context, stop);
        var code = (McpErrorCode?)(int?)request.Params[FormFault.Member] ?? McpErrorCode.InvalidParams;
        throw new McpProtocolException(fault.ToString().Replace('\n', ' '), code);
    }

    private static CallKind KindOf(string method) => new(ProtocolMethods.All.Contains(method) ? method : ApiMetrics.Unknown)
    {
        Limit = method == "subscriptions/listen" ? CallLimit.None : CallLimit.Deadline,
        ProtocolErrorOf = McpErrors.OfMethod,
    };

    private static CallKind KindOf(RequestContext<CallToolRequestParams> request) => request.MatchedPrimitive switch
    {
        DevBenchTool { Kind: var kind } => kind,
        McpServerTool { ProtocolTool: var tool } => DevBenchTool.KindOf(tool.Name) with
        {
            IsReadOnly = tool.Annotations?.ReadOnlyHint != false,
        },
        _ => DevBenchTool.KindOf(ToolCatalogue.Find(request.Params?.Name ?? "")?.Name ?? ApiMetrics.Unknown),
    };

    private static bool IsDryRun(CallToolRequestParams? parameters) =>
        parameters?.Arguments?.TryGetValue("dry_run", out var dryRun) is true && dryRun.ValueKind == JsonValueKind.True;

    private Exception NotOffered(string name)
    {
        if (ToolCatalogue.Find(name) is { } disabled && options.Tools.WhyNot(disabled) is { } reason)
            return new RequestException(ErrorCode.Forbidden, $"{disabled.Name} is disabled on this server.", reason) { Rule = "tool" };
        var shown = name.Length <= MaxShownName ? name : $"{name.AsSpan(0, MaxShownName)}…";
        var nearest = Nearest.To(name, ToolCatalogue.All.Where(options.Tools.Offers).Select(tool => tool.Name));
        return new McpProtocolException(
            $"Unknown tool: '{shown}'.{(nearest is null ? " tools/list has the names." : $" Did you mean {nearest}?")}",
            McpErrorCode.InvalidParams);
    }

    /// <summary>The text of a result is complete, so it may be sent alone.</summary>
    private CallToolResult InForm(CallToolResult result)
    {
        OfferedNotes.Apply(_tools, result);
        if (options.StructuredOutput == StructuredOutput.Off)
            result.StructuredContent = null;
        return result;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Request rejected before dispatch")]
    private partial void LogRejected(int errorCode);
}
