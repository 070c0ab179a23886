using System.Buffers;
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
    private static readonly SearchValues<char> _handleLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public void Install(McpServerOptions options)
    {
        options.Filters.Message.IncomingFilters.Add(next => (context, cancellationToken) => OnMessageAsync(next, context, cancellationToken));
        options.Filters.Request.CallToolFilters.Add(next => (request, cancellationToken) => OnToolAsync(next, request, cancellationToken));
        ListFilters.Install(options);
    }

    /// <summary>
    /// Every request gets its id here, and so does its error. Every request but tool calls is counted here too; tool calls are, by their names, one step further in.
    /// </summary>
    private async Task OnMessageAsync(McpMessageHandler next, MessageContext context, CancellationToken cancellationToken)
    {
        // Over HTTP it has one already: the response header's.
        CorrelationId.Ensure();
        if (context.JsonRpcMessage is not JsonRpcRequest { Method: var method })
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
            if (exception is not McpException && !IsForTheSdk(exception, cancellationToken))
                throw AsProtocolError(exception, name, context.Server.NegotiatedProtocolVersion);
            exception.Data[CorrelationId.Field] = CorrelationId.Current;
            throw;
        }
        finally
        {
            if (method != RequestMethods.ToolsCall)
                metrics.Api.Served(name, time.GetElapsedTime(started), errorType);
        }
    }

    /// <summary>A refusal and parameters that cannot be read are told; anything else is a fault of the server, logged here and told by its id.</summary>
    private McpProtocolException AsProtocolError(Exception exception, string method, string? revision)
    {
        var error = exception switch
        {
            RefusalException refusal => new McpProtocolException($"{refusal.Message} {refusal.Hint}", refusal, ProtocolError(refusal.Code, revision)),
            JsonException => new McpProtocolException($"The parameters of {method} are malformed.", exception, McpErrorCode.InvalidParams),
            _ => new McpProtocolException($"The server failed unexpectedly. {HttpRefusal.Unexpected().Hint}", exception, McpErrorCode.InternalError),
        };
        if (exception is not (RefusalException or JsonException))
            LogUnexpected(exception, method);
        error.Data[CorrelationId.Field] = CorrelationId.Current;
        return error;
    }

    private async ValueTask<CallToolResult> OnToolAsync(McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var tool = (request.MatchedPrimitive as McpServerTool)?.ProtocolTool;
        var name = tool?.Name ?? ApiMetrics.Unknown;
        string? errorType = null;
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
            errorType = refusal.Code.Name();
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
            var duration = time.GetElapsedTime(started);
            metrics.Api.Served(name, duration, errorType);
            LogCalled(name, errorType ?? "ok", Math.Round(duration.TotalMilliseconds, 1));
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
    private static McpErrorCode ProtocolError(RefusalCode code, string? revision) => code switch
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
        McpProtocolException { ErrorCode: not McpErrorCode.InternalError } or JsonException => RefusalCode.InvalidArgument.Name(),
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

    /// <summary>A handle, if what was given could be one: an id or an alias.</summary>
    private static string? Handle(IDictionary<string, JsonElement>? arguments, string name) =>
        arguments is not null && arguments.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= 64 } text && !text.AsSpan().ContainsAnyExcept(_handleLetters) ? text : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "Tool called")]
    private partial void LogCalled(string tool, string outcome, double durationMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "A call failed unexpectedly")]
    private partial void LogUnexpected(Exception exception, string method);
}
