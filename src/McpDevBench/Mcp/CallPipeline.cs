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
internal sealed partial class CallPipeline(MetricCatalogue metrics, AuditLog audit, DrainState drain, TimeProvider time, ILogger<CallPipeline> logger)
{
    public void Install(McpServerOptions options)
    {
        options.Filters.Message.IncomingFilters.Add(next => (context, cancellationToken) => OnMessageAsync(next, context, cancellationToken));
        options.Filters.Request.CallToolFilters.Add(next => (request, cancellationToken) => OnToolAsync(next, request, cancellationToken));
        options.Filters.Request.ReadResourceFilters.Add(next => (request, cancellationToken) => OnResourceAsync(next, request, cancellationToken));
        ListFilters.Install(options);
    }

    /// <summary>Every request but tool calls is counted here; tool calls are, by their names, one step further in.</summary>
    private async Task OnMessageAsync(McpMessageHandler next, MessageContext context, CancellationToken cancellationToken)
    {
        // Over HTTP it has one already: the response header's.
        CorrelationId.Ensure();
        if (context.JsonRpcMessage is not JsonRpcRequest { Method: var method } || method == RequestMethods.ToolsCall)
        {
            await next(context, cancellationToken);
            return;
        }
        var started = time.GetTimestamp();
        var name = ProtocolMethods.All.Contains(method) ? method : ApiMetrics.Unknown;
        string? errorType = null;
        try
        {
            await next(context, cancellationToken);
        }
        catch (Exception exception) when (exception is not InputRequiredException)
        {
            errorType = ErrorType(exception, cancellationToken);
            throw;
        }
        finally
        {
            metrics.Api.Served(name, time.GetElapsedTime(started), errorType);
        }
    }

    private async ValueTask<CallToolResult> OnToolAsync(McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var tool = (request.MatchedPrimitive as McpServerTool)?.ProtocolTool;
        var name = tool?.Name ?? ApiMetrics.Unknown;
        string? errorType = null;
        Begin(request);
        var audited = AuditedCall.Begin(audit, time, request, name);
        try
        {
            if (drain.IsDraining && tool?.Annotations?.ReadOnlyHint == false)
                throw new RefusalException(RefusalCode.Draining, $"The server is shutting down, so {name} is not begun.", "Try again in a minute: a restarted server finds running workspaces and commands again.", retryable: true);
            await audited.RequireAsync();
            var result = await next(request, cancellationToken);
            errorType = result.IsError is true ? "tool_error" : null;
            if (errorType is null)
                await audited.SucceededAsync();
            return result;
        }
        catch (RefusalException refusal)
        {
            errorType = refusal.Code.Name();
            metrics.Access.Refused(refusal);
            return Answer(refusal);
        }
        catch (Exception exception) when (IsForTheSdk(exception, cancellationToken))
        {
            errorType = exception is InputRequiredException ? null : ErrorType(exception, cancellationToken);
            throw;
        }
        catch (Exception exception)
        {
            errorType = RefusalCode.ServerError.Name();
            LogUnexpected(exception, name);
            return Answer(HttpRefusal.Unexpected());
        }
        finally
        {
            if (errorType is not null)
                await audited.FailedAsync(errorType);
            var duration = time.GetElapsedTime(started);
            metrics.Api.Served(name, duration, errorType);
            LogCalled(name, errorType ?? "ok", Math.Round(duration.TotalMilliseconds, 1));
        }
    }

    private async ValueTask<ReadResourceResult> OnResourceAsync(McpRequestHandler<ReadResourceRequestParams, ReadResourceResult> next, RequestContext<ReadResourceRequestParams> request, CancellationToken cancellationToken)
    {
        CallFacts.Begin(Principal.Of(request.User).Name).ClientName = request.Server.ClientInfo?.Name;
        var audited = new AuditedCall(audit, time, RequestMethods.ResourcesRead, (request.MatchedPrimitive as DevBenchResource)?.AuditEvent, mayGoUnrecorded: true);
        try
        {
            var result = await next(request, cancellationToken);
            await audited.SucceededAsync();
            return result;
        }
        catch (RefusalException refusal)
        {
            await audited.FailedAsync(refusal.Code.Name());
            throw new McpProtocolException($"{refusal.Message} {refusal.Hint}", refusal, ResourceError(refusal.Code, request.Server.NegotiatedProtocolVersion));
        }
        catch (Exception exception)
        {
            await audited.FailedAsync(ErrorType(exception, cancellationToken));
            if (IsForTheSdk(exception, cancellationToken))
                throw;
            LogUnexpected(exception, RequestMethods.ResourcesRead);
            throw new McpProtocolException($"The server failed unexpectedly. {HttpRefusal.Unexpected().Hint}", exception, McpErrorCode.InternalError);
        }
    }

    /// <summary>A refusal as a tool result: text for a model, members for a program.</summary>
    internal static CallToolResult Answer(RefusalException refusal)
    {
        var error = new JsonObject { ["error"] = HttpRefusal.Describe(refusal) };
        return new CallToolResult
        {
            IsError = true,
            Content = [new TextContentBlock { Text = $"{refusal.Code.Name()}: {refusal.Message}\n{refusal.Hint}\n(correlation id {CorrelationId.Ensure()}{(refusal.Retryable ? "; may succeed later" : "")})" }],
            StructuredContent = JsonSerializer.SerializeToElement(error, McpJson.Default.JsonObject),
        };
    }

    /// <summary>A missing resource had a code of its own before the revision of 2026.</summary>
    private static McpErrorCode ResourceError(RefusalCode code, string? revision) => code switch
    {
        RefusalCode.ServerError or RefusalCode.DockerUnavailable => McpErrorCode.InternalError,
        RefusalCode.ContainerNotFound or RefusalCode.ExecNotFound or RefusalCode.FileNotFound when string.CompareOrdinal(revision, "2026-07-28") < 0 => McpErrorCode.ResourceNotFound,
        _ => McpErrorCode.InvalidParams,
    };

    private static bool IsForTheSdk(Exception exception, CancellationToken cancellationToken) =>
        exception is McpProtocolException or InputRequiredException || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private static string ErrorType(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RefusalException refusal => refusal.Code.Name(),
        OperationCanceledException when cancellationToken.IsCancellationRequested => "cancelled",
        McpProtocolException { ErrorCode: not McpErrorCode.InternalError } => RefusalCode.InvalidArgument.Name(),
        _ => RefusalCode.ServerError.Name(),
    };

    /// <summary>What is known before anything is looked up: the handles as they were given, until a room says which things they are.</summary>
    private static void Begin(RequestContext<CallToolRequestParams> request)
    {
        var facts = CallFacts.Begin(Principal.Of(request.User).Name);
        var arguments = request.Params?.Arguments;
        facts.ClientName = request.Server.ClientInfo?.Name;
        facts.ContainerId = Handle(arguments, "container_id") ?? Handle(arguments, "target");
        facts.ExecId = Handle(arguments, "exec_id");
    }

    /// <summary>A handle, if it was given as a string of a sensible length.</summary>
    private static string? Handle(IDictionary<string, JsonElement>? arguments, string name) =>
        arguments is not null && arguments.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 128 } text ? text : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "Tool called")]
    private partial void LogCalled(string tool, string outcome, double durationMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "A call failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string method);
}
