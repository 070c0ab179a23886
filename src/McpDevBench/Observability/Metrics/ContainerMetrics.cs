using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Workspaces: their number, spawns and resumes.</summary>
internal sealed class ContainerMetrics(MetricFamilies families)
{
    private static readonly double[] _spawnBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly double[] _phaseBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600];
    private static readonly LabelValues _paths = new("warm", "cold");

    private readonly Gauge _total = families.Gauge("mcp_containers_total", "Managed containers.");
    private readonly Gauge _running = families.Gauge("mcp_containers_running", "Managed containers that are running.");
    private readonly Gauge _stopped = families.Gauge("mcp_containers_stopped", "Managed containers that are stopped.");
    private readonly Gauge _pinned = families.Gauge("mcp_containers_pinned", "Managed containers that have processors of their own.");
    private readonly Gauge _userIds = families.Gauge(
        "mcp_workspace_user_ids_taken",
        "User ids of MCP_WORKSPACE_UID_RANGE that workspaces and kept files have, of all servers on the engine; as of the last look.");
    private readonly Gauge _maxUserIds = families.Gauge(
        "mcp_workspace_user_ids_limit",
        "Workspaces and kept files for which MCP_WORKSPACE_UID_RANGE has user ids; 0 until the first look.");
    private readonly CounterTable _spawns = families.Counter(
        "mcp_container_spawns_total", "Spawns, by result.", ("path", _paths), ("result", LabelValues.Results));
    private readonly HistogramRow _spawnSeconds = families.Histogram(
        "mcp_container_spawn_duration_seconds", "Duration of successful spawns, in seconds.", _spawnBuckets, "path", _paths);
    private readonly HistogramRow _phaseSeconds = families.Histogram(
        "mcp_container_spawn_phase_duration_seconds", "Duration of the steps of a spawn, in seconds.", _phaseBuckets, "phase",
        new LabelValues("policy", "pull", "create", "start", "ready"));

    private readonly CounterRow _resumes = families.Counter(
        "mcp_container_resumes_total", "Resumes: stopped or missing containers created again on their workspace's volume, by result.",
        "result", LabelValues.Results);
    private readonly Histogram _resumeSeconds = families.Histogram(
        "mcp_container_resume_duration_seconds", "Duration of successful resumes, in seconds.", _spawnBuckets);
    private readonly CounterRow _preparations = families.Counter("mcp_image_preparations_total",
        "Images prepared for workspaces, once per image, by result.", "result", LabelValues.Results);
    private readonly Histogram _preparationSeconds = families.Histogram("mcp_image_preparation_duration_seconds",
        "Duration of preparing an image for workspaces, in seconds.", _phaseBuckets);

    /// <summary>How many there are now.</summary>
    public void Counted(int running, int stopped)
    {
        _total.Set(running + stopped);
        _running.Set(running);
        _stopped.Set(stopped);
    }

    public void PinnedCounted(int pinned) => _pinned.Set(pinned);

    public void UserIdsCounted(int taken, int limit)
    {
        _userIds.Set(taken);
        _maxUserIds.Set(limit);
    }

    /// <param name="path"><c>warm</c> or <c>cold</c>.</param>
    public void Spawned(string path, TimeSpan duration)
    {
        _spawns.Add(path, "success");
        _spawnSeconds.Observe(path, duration);
    }

    /// <param name="result">The name of a <see cref="ErrorCode"/>, or <c>cancelled</c>.</param>
    public void SpawnFailed(string path, string result) => _spawns.Add(path, result);

    /// <param name="result"><c>success</c>, the name of a <see cref="ErrorCode"/>, or <c>cancelled</c>.</param>
    public void Resumed(string result, TimeSpan duration)
    {
        _resumes.Add(result);
        if (result == "success")
            _resumeSeconds.Observe(duration.TotalSeconds);
    }

    /// <param name="phase">policy, pull, create, start or ready.</param>
    public void SpawnPhaseDone(string phase, TimeSpan duration) => _phaseSeconds.Observe(phase, duration);

    /// <param name="result"><c>success</c>, the name of a <see cref="ErrorCode"/>, or <c>cancelled</c>.</param>
    public void ImagePrepared(string result, TimeSpan duration)
    {
        _preparations.Add(result);
        _preparationSeconds.Observe(duration.TotalSeconds);
    }
}
