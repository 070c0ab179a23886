using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What happens around every call, in one place: the correlation id, the drain state, metrics, the summary line, and failures made into answers.</summary>
internal sealed partial class CallPipeline(MetricCatalogue metrics, DrainState drain, TimeProvider time, ILogger<CallPipeline> logger)
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
        if (context.JsonRpcMessage is not JsonRpcRequest { Method: var method } message || method == RequestMethods.ToolsCall)
        {
            await next(context, cancellationToken);
            return;
        }
        var started = time.GetTimestamp();
        var name = ProtocolMethods.All.Contains(method) ? method : ApiMetrics.Unknown;
        string? errorType = null;
        Exception? failure = null;
        using var span = RequestSpan.Begin(message, name);
        try
        {
            await next(context, cancellationToken);
        }
        catch (Exception exception) when (exception is not InputRequiredException)
        {
            failure = exception;
            errorType = ErrorType(exception, cancellationToken);
            throw;
        }
        finally
        {
            metrics.Api.Served(name, time.GetElapsedTime(started), errorType);
            RequestSpan.End(span, context, errorType, failure);
        }
    }

    private async ValueTask<CallToolResult> OnToolAsync(McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var tool = (request.MatchedPrimitive as McpServerTool)?.ProtocolTool;
        var name = tool?.Name ?? ApiMetrics.Unknown;
        string? errorType = null;
        Exception? failure = null;
        using var span = RequestSpan.Begin(request.JsonRpcRequest, RequestMethods.ToolsCall, tool);
        Begin(request);
        try
        {
            if (drain.IsDraining && tool?.Annotations?.ReadOnlyHint == false)
                throw new RefusalException(RefusalCode.Draining, $"The server is shutting down, so {name} is not begun.", "Try again in a minute: a restarted server finds running workspaces and commands again.", retryable: true);
            var result = await next(request, cancellationToken);
            errorType = result.IsError is true ? "tool_error" : null;
            return result;
        }
        catch (RefusalException refusal)
        {
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
            (errorType, failure) = (RefusalCode.ServerError.Name(), exception);
            LogUnexpected(exception, name);
            return Answer(HttpRefusal.Unexpected());
        }
        finally
        {
            var duration = time.GetElapsedTime(started);
            metrics.Api.Served(name, duration, errorType);
            LogCalled(name, errorType ?? "ok", Math.Round(duration.TotalMilliseconds, 1));
            RequestSpan.End(span, request, errorType, failure);
        }
    }

    private async ValueTask<ReadResourceResult> OnResourceAsync(McpRequestHandler<ReadResourceRequestParams, ReadResourceResult> next, RequestContext<ReadResourceRequestParams> request, CancellationToken cancellationToken)
    {
        try
        {
            return await next(request, cancellationToken);
        }
        catch (RefusalException refusal)
        {
            throw new McpProtocolException($"{refusal.Message} {refusal.Hint}", refusal, ResourceError(refusal.Code, request.Server.NegotiatedProtocolVersion));
        }
        catch (Exception exception) when (!IsForTheSdk(exception, cancellationToken))
        {
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
