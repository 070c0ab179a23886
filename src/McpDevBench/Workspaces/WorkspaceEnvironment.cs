using System.Globalization;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// The environment of a workspace's commands. Later sources win: defaults, the image, what the read-only root demands, the operator, spawn.
/// </summary>
internal static class WorkspaceEnvironment
{
    /// <summary>Variables of an image that would change what every program of the workspace loads.</summary>
    private static readonly string[] _dangerous = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV"];

    /// <summary>
    /// Read by tools that would otherwise start as many threads as the host has processors. coreutils' nproc reads OpenMP's.
    /// </summary>
    private static readonly string[] _parallelism =
        ["OMP_NUM_THREADS", "GOMAXPROCS", "CARGO_BUILD_JOBS", "RAYON_NUM_THREADS", "CMAKE_BUILD_PARALLEL_LEVEL", "PYTHON_CPU_COUNT"];

    /// <summary>Where users' own programs are installed: pip and npm, go, cargo.</summary>
    private static readonly string[] _userPrograms = [".local/bin", "go/bin", ".cargo/bin"];

    /// <summary>
    /// Each names a file that replaces a program's own certificate authorities: OpenSSL and Go; Python's requests; curl; pip; Git;
    /// cargo; AWS.
    /// </summary>
    private static readonly string[] _caBundles =
        ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "AWS_CA_BUNDLE"];

    /// <summary>Each names a file that is added to a program's own certificate authorities.</summary>
    private static readonly string[] _caFiles = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];

    /// <param name="image">As it was pulled.</param>
    /// <param name="prepared">As it is used.</param>
    /// <param name="configured">What the operator sets for every workspace.</param>
    public static Dictionary<string, string> Of(
        Workspace workspace, EngineImage image, WorkspaceImage prepared, IReadOnlyDictionary<string, string> configured)
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = ContainerSpec.DefaultPath,
            ["PAGER"] = "cat",
            ["GIT_PAGER"] = "cat",
            ["NPM_CONFIG_PREFIX"] = InHome(".local"),
        };
        if (prepared.Shell is { } shell)
            env["SHELL"] = shell;
        var processors = Math.Max(1, (int)Math.Ceiling(workspace.Limits.Cpus)).ToString(CultureInfo.InvariantCulture);
        foreach (var name in _parallelism)
            env[name] = processors;
        Merge(env, ImageVariables(image));
        if (!env.ContainsKey("LANG") && !env.ContainsKey("LC_ALL"))
            env["LANG"] = "C.UTF-8";
        // The image's user is another one, and its root is read-only here: what points there would only fail.
        (env["HOME"], env["USER"], env["LOGNAME"]) = (ContainerSpec.HomePath, prepared.UserName, prepared.UserName);
        (env["GOPATH"], env["CARGO_HOME"]) = (InHome("go"), InHome(".cargo"));
        env["PATH"] = string.Join(':', [.. _userPrograms.Select(InHome), env["PATH"]]);
        if (prepared.CaBundle is { } bundle)
            Merge(env, [.. _caBundles.Select(name => KeyValuePair.Create(name, bundle)),
                .. _caFiles.Select(name => KeyValuePair.Create(name, LayerBuilder.CaFile))]);
        Merge(env, configured);
        Merge(env, workspace.Env);
        return env;
    }

    private static string InHome(string path) => $"{ContainerSpec.HomePath}/{path}";

    private static IEnumerable<KeyValuePair<string, string>> ImageVariables(EngineImage image)
    {
        foreach (var variable in image.Env)
        {
            var at = variable.IndexOf('=', StringComparison.Ordinal);
            if (at > 0 && !_dangerous.Contains(variable[..at]))
                yield return KeyValuePair.Create(variable[..at], variable[(at + 1)..]);
        }
    }

    private static void Merge(Dictionary<string, string> env, IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
            env[name] = value;
    }
}
