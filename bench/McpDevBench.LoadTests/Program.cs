using McpDevBench.LoadTests;
using McpDevBench.LoadTests.Dashboards;
using McpDevBench.LoadTests.Sessions;

const string Usage = """
    Usage:
      compare                                              One call through MCP against the same through docker exec and docker cp.
      run [SCENARIO …] [--duration 30s] [--rate N] [--out DIR]
                                                           Puts a server under load and holds it to its SLOs; all scenarios, each for the duration.
          [--server URL --metrics URL]                     A server that runs already, instead of a new one for each scenario.
      session                                              Plays a recorded working day of 200 calls and prints what the answers weigh.
      dashboards --prometheus URL [--grafana deploy/grafana/dashboards] [--out docs/images/dashboards] [--last 10m] [--theme dark]
                                                           Draws Grafana's dashboards with what a Prometheus knows, each as one SVG.
    Scenarios: cheap, exec, files, spawn, mixed; and bad-day, which runs only when it is named.
    """;

try
{
    return args switch
    {
        [] or ["compare"] => await Comparison.RunAsync(),
        ["run", .. var rest] => await Suite.RunAsync(rest),
        ["session"] => await SessionCommand.RunAsync(),
        ["dashboards", .. var rest] => await DashboardsCommand.RunAsync(rest),
        _ => throw new UsageException($"There is no command {args[0]}."),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n{Usage}");
    return 2;
}
