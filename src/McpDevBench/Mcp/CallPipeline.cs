using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Audit;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What happens around every call, in one place: the correlation id, the drain state, metrics, the audit record, the summary line, and failures made into answers.</summary>
internal sealed partial class CallPipeline(
    MetricCatalogue metrics, AuditLog audit, DrainState drain, McpOptions options, TimeProvider time, ILogger<CallPipeline> logger,
    CallHandles? handles = null)
{
    /// <summary>In the items of a message that has become a tool call.</summary>
    private const string Item = "devbench.tool";

    private const int MaxShownName = 80;
    private readonly ToolNames _tools = options.Tools.Names();

    public void Install(McpServerOptions server)
    {
        server.Filters.Message.IncomingFilters.Add(
            next => (context, cancellationToken) => OnMessageAsync(next, context, cancellationToken));
        server.Filters.Message.OutgoingFilters.Add(next => (context, cancellationToken) => OnAnswerAsync(next, context, cancellationToken));
        server.Filters.Request.CallToolFilters.Add(
            next => async (request, cancellationToken) => InForm(await OnToolAsync(next, request, cancellationToken)));
        server.Filters.Request.ReadResourceFilters.Add(
            next => (request, cancellationToken) => OnResourceAsync(next, request, cancellationToken));
        ListFilters.Install(server, withOutputSchemas: options.StructuredOutput == StructuredOutput.Full, _tools);
    }

    /// <summary>
    /// Every request gets its id and its facts here, and so does its error. Every request but tool calls is counted here too; tool calls are, by their names, one step further in,
    /// if they get there: the SDK has to understand their parameters first.
    /// </summary>
    private async Task OnMessageAsync(McpMessageHandler next, MessageContext context, CancellationToken cancellationToken)
    {
        // Over HTTP it has one already: the response header's.
        CorrelationId.Ensure();
        ToolNames.Current = _tools;
        if (context.JsonRpcMessage is not JsonRpcRequest { Method: var method } message)
        {
            await next(context, cancellationToken);
            return;
        }
        var started = time.GetTimestamp();
        Facts(context);
        var name = ProtocolMethods.All.Contains(method) ? method : ApiMetrics.Unknown;
        string? errorType = null;
        Exception? failure = null;
        var isToolCall = method == RequestMethods.ToolsCall;
        using var span = isToolCall ? default : RequestSpan.Begin(message, name);
        using var deadline = Timeouts.Begin(method, time, cancellationToken);
        try
        {
            if ((message.Params as JsonObject)?[MessageFault.Member] is JsonValue fault)
                throw new McpProtocolException(
                    fault.ToString().Replace('\n', ' '), (McpErrorCode?)(int?)message.Params[FormFault.Member] ?? McpErrorCode.InvalidParams);
            await (deadline is null ? next(context, cancellationToken) : deadline.BoundAsync(next(context, deadline.Token)));
        }
        catch (Exception exception) when (deadline?.IsReason(exception) == true)
        {
            (errorType, failure) = (ErrorCode.Timeout.Name(), Timeouts.Of(name, isReadOnly: true, deadline, exception));
            throw failure = AsProtocolError(failure, name, context.Server.NegotiatedProtocolVersion);
        }
        catch (Exception exception) when (exception is not InputRequiredException)
        {
            failure = exception;
            errorType = ErrorType(exception, cancellationToken);
            if (exception is not McpException && !IsForTheSdk(exception, cancellationToken))
                throw failure = AsProtocolError(exception, name, context.Server.NegotiatedProtocolVersion);
            exception.Data[CorrelationId.Field] = CorrelationId.Current;
            throw;
        }
        finally
        {
            if (!isToolCall)
                metrics.Api.Served(name, time.GetElapsedTime(started), errorType);
            else if (!context.Items.ContainsKey(Item))
                NeverCalled(message, context, started, errorType, failure);
            RequestSpan.End(span, context, errorType, failure);
        }
    }

    /// <summary>An error without an id never came by here as a message: the SDK has refused it for what it says of itself.</summary>
    private Task OnAnswerAsync(McpMessageHandler next, MessageContext context, CancellationToken cancellationToken)
    {
        if (context.JsonRpcMessage is JsonRpcError { Error: { Data: null } error })
        {
            error.Data = new JsonObject { [CorrelationId.Field] = CorrelationId.Ensure() };
            var errorType = (McpErrorCode)error.Code == McpErrorCode.InternalError ? ErrorCode.ServerError : ErrorCode.InvalidArgument;
            metrics.Api.Refused(errorType.Name());
            LogRefused(error.Code);
        }
        if (options.Transport == Transport.Stdio)
            FormFault.ClearId(context.JsonRpcMessage);
        if (context.JsonRpcMessage is JsonRpcError { Error: { } failed })
            ProtocolVersions.Complete(failed);
        Instructions.Address(context.JsonRpcMessage);
        return next(context, cancellationToken);
    }

    /// <summary>A tool call whose parameters cannot be read: nobody knows which tool it was for.</summary>
    private void NeverCalled(JsonRpcRequest message, MessageContext context, long started, string? errorType, Exception? failure)
    {
        using var span = RequestSpan.Begin(message, RequestMethods.ToolsCall);
        Called(ApiMetrics.Unknown, started, errorType);
        RequestSpan.End(span, context, errorType, failure);
    }

    private void Called(string tool, long started, string? errorType)
    {
        var duration = time.GetElapsedTime(started);
        metrics.Api.Served(tool, duration, errorType);
        LogCalled(tool, errorType ?? "ok", Math.Round(duration.TotalMilliseconds, 1));
    }

    /// <summary>A refusal and parameters that cannot be read are told; anything else is a fault of the server, logged here and told by its id.</summary>
    private McpProtocolException AsProtocolError(Exception exception, string method, string? revision)
    {
        var error = exception switch
        {
            RequestException refusal => new McpProtocolException(
                $"{refusal.Message} {HttpError.HintOf(refusal)}", refusal, ProtocolErrorCodes.Of(refusal.Code, revision)),
            JsonException { Path: var path } => new McpProtocolException(
                $"The parameters of {method} are malformed{FormFault.Place(path)}.", exception, McpErrorCode.InvalidParams),
            _ => new McpProtocolException($"The server failed unexpectedly. {HttpError.Unexpected().Hint}", exception, McpErrorCode.InternalError),
        };
        if (exception is not (RequestException or JsonException))
            LogUnexpected(exception, method);
        error.Data[CorrelationId.Field] = CorrelationId.Current;
        return error;
    }

    private async ValueTask<CallToolResult> OnToolAsync(McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        request.Items[Item] = true;
        var tool = (request.MatchedPrimitive as McpServerTool)?.ProtocolTool;
        var disabled = tool is null ? ToolCatalogue.Find(request.Params?.Name ?? "") : null;
        var name = tool?.Name ?? disabled?.Name ?? ApiMetrics.Unknown;
        string? errorType = null;
        Exception? failure = null;
        using var span = RequestSpan.Begin(request.JsonRpcRequest, RequestMethods.ToolsCall, tool);
        CallHandles.Note(request.Params?.Arguments);
        handles?.ResolveWorkspaces();
        var audited = AuditedCall.Begin(audit, time, request, name);
        using var deadline = CallDeadline.Begin(time, CallDeadline.DefaultTimeout, cancellationToken);
        try
        {
            if (disabled is not null && options.Tools.WhyNot(disabled) is { } reason)
                throw new RequestException(ErrorCode.Forbidden, $"{name} is disabled on this server.", reason) { Rule = "tool" };
            if (tool is null)
                throw UnknownTool(request.Params?.Name ?? "");
            if (request.Params?.Arguments?.TryGetValue(MessageFault.Member, out var fault) is true
                && MessageFault.Read($"{fault}") is var (sentence, hint))
                throw new RequestException(ErrorCode.InvalidArgument, sentence, hint);
            if (drain.IsDraining && tool.Annotations?.ReadOnlyHint == false)
                throw new RequestException(ErrorCode.Draining, $"The server is shutting down, so {name} is not begun.", "Try again in a minute: a restarted server finds running workspaces and commands again.", retryable: true);
            await audited.RequireAsync();
            var result = await deadline.BoundAsync(next(request, deadline.Token).AsTask());
            errorType = result.IsError is true ? "tool_error" : null;
            if (errorType is null)
                await audited.SucceededAsync();
            return ResumeNote.Add(result);
        }
        catch (RequestException refusal)
        {
            (errorType, failure) = (refusal.Code.Name(), refusal);
            metrics.Access.Refused(refusal);
            return ResumeNote.Add(Answer(refusal));
        }
        catch (Exception exception) when (deadline.IsReason(exception))
        {
            var refusal = Timeouts.Of(name, Timeouts.IsRead(request, tool), deadline, exception);
            (errorType, failure) = (refusal.Code.Name(), refusal);
            return Answer(refusal);
        }
        catch (Exception exception) when (IsForTheSdk(exception, cancellationToken))
        {
            (errorType, failure) = exception is InputRequiredException ? default : (ErrorType(exception, cancellationToken), exception);
            throw;
        }
        catch (Exception exception)
        {
            (errorType, failure) = (ErrorCode.ServerError.Name(), exception);
            LogUnexpected(exception, name);
            return Answer(HttpError.Unexpected());
        }
        finally
        {
            if (errorType is not null)
            {
                handles?.Resolve();
                await audited.FailedAsync(errorType, failure);
            }
            Called(name, started, errorType);
            RequestSpan.End(span, request, errorType, failure);
        }
    }

    /// <summary>The text of a result is complete, so it may go out alone.</summary>
    private CallToolResult InForm(CallToolResult result)
    {
        OfferedNotes.Apply(_tools, result);
        if (options.StructuredOutput == StructuredOutput.Off)
            result.StructuredContent = null;
        return result;
    }

    /// <summary>A resource that is read is recorded as the tool that reads the same would be.</summary>
    private async ValueTask<ReadResourceResult> OnResourceAsync(McpRequestHandler<ReadResourceRequestParams, ReadResourceResult> next, RequestContext<ReadResourceRequestParams> request, CancellationToken cancellationToken)
    {
        var audited = new AuditedCall(audit, time, RequestMethods.ResourcesRead, (request.MatchedPrimitive as DevBenchResource)?.AuditEvent, mayGoUnrecorded: true);
        using var deadline = CallDeadline.Begin(time, CallDeadline.DefaultTimeout, cancellationToken);
        try
        {
            var result = await deadline.BoundAsync(next(request, deadline.Token).AsTask());
            await audited.SucceededAsync();
            return result;
        }
        catch (Exception exception) when (deadline.IsReason(exception))
        {
            handles?.Resolve();
            await audited.FailedAsync(ErrorCode.Timeout.Name());
            throw Timeouts.Of(RequestMethods.ResourcesRead, isReadOnly: true, deadline, exception);
        }
        catch (Exception exception)
        {
            if (exception is RequestException refusal)
                metrics.Access.Refused(refusal);
            handles?.Resolve();
            await audited.FailedAsync(ErrorType(exception, cancellationToken), exception);
            throw;
        }
    }

    /// <summary>A refusal as a tool result: text for a model, members for a program.</summary>
    internal static CallToolResult Answer(RequestException refusal)
    {
        var error = new JsonObject { ["error"] = HttpError.Describe(refusal) };
        var text = $"{refusal.Code.Name()}: {refusal.Message}\n{HttpError.HintOf(refusal)}\n"
            + $"(correlation id {CorrelationId.Ensure()}{(refusal.Retryable ? "; may succeed later" : "")})";
        return new CallToolResult
        {
            IsError = true,
            Content = [new TextContentBlock { Text = text }],
            StructuredContent = JsonSerializer.SerializeToElement(error, McpJson.Default.JsonObject),
        };
    }

    private McpProtocolException UnknownTool(string name)
    {
        var shown = name.Length <= MaxShownName ? name : $"{name.AsSpan(0, MaxShownName)}…";
        var nearest = Nearest.To(name, ToolCatalogue.All.Where(options.Tools.Offers).Select(tool => tool.Name));
        return new(
            $"Unknown tool: '{shown}'.{(nearest is null ? " tools/list has the names." : $" Did you mean {nearest}?")}",
            McpErrorCode.InvalidParams);
    }

    private static bool IsForTheSdk(Exception exception, CancellationToken cancellationToken) =>
        exception is McpProtocolException or InputRequiredException || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private static string ErrorType(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestException refusal => refusal.Code.Name(),
        OperationCanceledException when cancellationToken.IsCancellationRequested => "cancelled",
        McpProtocolException { ErrorCode: not McpErrorCode.InternalError } or JsonException => ErrorCode.InvalidArgument.Name(),
        _ => ErrorCode.ServerError.Name(),
    };

    /// <summary>Of a message, from before it is understood: what is found out later is in the same facts, for whoever asks when it has been served.</summary>
    private static void Facts(MessageContext context) => CallFacts.Begin(Caller.Of(context.User)).ClientName = context.Server.ClientInfo?.Name;

    [LoggerMessage(Level = LogLevel.Information, Message = "Tool called")]
    private partial void LogCalled(string tool, string outcome, double durationMs);

    [LoggerMessage(Level = LogLevel.Information, Message = "A message was refused before it was a call")]
    private partial void LogRefused(int errorCode);

    [LoggerMessage(Level = LogLevel.Error, Message = "A call failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string method);
}
