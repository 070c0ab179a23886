using System.Text.Json.Nodes;

namespace McpDevBench.Observability.Health;

/// <summary><c>/health/live</c> and <c>/health/ready</c> for probes: without authentication, cheap, and without secrets.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var checks = endpoints.ServiceProvider.GetRequiredService<HealthChecks>();
        endpoints.MapMethods(
            "/health/live", _getOrHead, (RequestDelegate)(context => AnswerAsync(context, 200, new JsonObject { ["status"] = "alive" })));
        endpoints.MapMethods("/health/ready", _getOrHead, (RequestDelegate)(context => AnswerReadyAsync(context, checks)));
    }

    private static readonly string[] _getOrHead = ["GET", "HEAD"];

    private static async Task AnswerReadyAsync(HttpContext context, HealthChecks checks)
    {
        var failing = new JsonArray();
        var status = "not_ready";
        foreach (var check in await checks.AskAsync())
        {
            if (!check.Ok && check.NeededToServe)
                failing.Add((JsonNode)check.Name);
            if (check.Name == StartState.Name)
                status = "starting";
        }
        if (failing.Count == 0)
            await AnswerAsync(context, 200, new JsonObject { ["status"] = "ready" });
        else
            await AnswerAsync(context, 503, new JsonObject { ["status"] = status, ["failing"] = failing });
    }

    private static Task AnswerAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
