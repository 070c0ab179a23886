using System.Text.Json;
using McpDevBench.Workspaces;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>A recipe that a person picks in a client: one message to the model, with the arguments filled in.</summary>
internal sealed class DevBenchPrompt(
    string name, string title, string description, PromptArgument[] arguments, Func<Func<string, string?>, string> write)
    : McpServerPrompt
{
    private static readonly PromptArgument _workspace =
        new() { Name = "container_id", Description = "Workspace id or alias. Default: a new workspace." };
    private static readonly PromptArgument _image = new() { Name = "image", Description = "Image for a new workspace." };

    /// <summary>
    /// Every prompt that can be followed with the tools that are offered. Their texts name only images and networks that this server's
    /// policy allows.
    /// </summary>
    public static IReadOnlyList<DevBenchPrompt> Create(WorkspaceOptions options, ImagePolicy policy, ToolNames tools)
    {
        if (tools.IsNamedIn("exec"))
            return [];
        var network = options.AllowNetwork
            ? "Installing needs a network, which a new workspace has with network=bridge. "
                + "If the workspace has none, say so instead of trying again."
            : "Workspaces on this server have no network: "
                + "use what the image has, and say what is missing instead of trying to download it.";
        IReadOnlyList<DevBenchPrompt> prompts =
        [
            new("setup_python", "Set up Python", "Prepares a workspace for a Python project.",
                [_workspace, _image, new() { Name = "requirements", Description = "Packages, or a requirements file." }],
                given => string.Join(
                    '\n',
                    Workspace(given, ImageFor("python", "python:3.12-slim")),
                    "Then set up Python in it: run `python3 --version`, "
                        + "create a virtual environment with `python3 -m venv .venv` in /workspace, and install "
                        + (given("requirements") ?? "what requirements.txt or pyproject.toml in /workspace asks for, if there is one")
                        + " with its pip.",
                    $"{network} At the end report the Python version and the installed packages.")),
            new("setup_node", "Set up Node.js", "Prepares a workspace for a Node.js project.",
                [_workspace, _image, new() { Name = "package_manager", Description = "npm, pnpm or yarn. Default: npm." }],
                given => string.Join(
                    '\n',
                    Workspace(given, ImageFor("node", "node:22-slim")),
                    "Then set up Node.js in it: run `node --version`. If /workspace has a package.json, "
                        + $"install its dependencies with {given("package_manager") ?? "npm"}, from the lock file if there is one.",
                    $"{network} At the end report the versions and the scripts of package.json.")),
            new("run_tests", "Run the tests", "Runs a project's tests and explains what fails.",
                [
                    new() { Name = "container_id", Description = "Workspace id or alias.", Required = true },
                    new() { Name = "command", Description = "The command that runs the tests. Default: found from the project's files." },
                ],
                given => string.Join(
                    '\n',
                    $"Run the tests of the project in the workspace {given("container_id")}.",
                    given("command") is { } command
                        ? $"The command is `{command}`."
                        : $"Find out how they are run from the files in /workspace{Named(" (fs_list, fs_read)")}.",
                    $"Use exec with enough timeout_s{Named(", and exec_poll with wait_ms while they run")}. "
                        + "Then report how many passed and failed. For each failure read the code concerned and explain the cause. "
                        + "Change nothing unless asked.")),
        ];
        return tools.IsNamedIn("spawn") ? [.. prompts.Where(prompt => prompt.ProtocolPrompt.Name == "run_tests")] : prompts;

        // The operator's default image if it fits by its name, else the usual image if policy allows it.
        string? ImageFor(string language, string usual)
        {
            if (options.DefaultImage.Contains(language, StringComparison.OrdinalIgnoreCase))
                return options.DefaultImage;
            return policy.Allows(usual) ? usual : null;
        }

        // An image that policy denies is an error here: the person who picked the prompt can pick another one.
        string Workspace(Func<string, string?> given, string? image)
        {
            if (given("container_id") is { } workspace)
                return $"Attach to the workspace {workspace}.";
            if (given("image") is { } wanted)
                policy.Require(ImageReference.Parse(wanted));
            return (given("image") ?? image) is { } chosen
                ? $"Spawn a workspace from the image {chosen}."
                : $"Spawn a workspace from an image that fits and that policy allows{Named(": list_images shows them")}.";
        }

        // A part of a sentence about a tool, where the tool is.
        string Named(string part) => tools.IsNamedIn(part) ? "" : part;
    }

    public override Prompt ProtocolPrompt { get; } = new() { Name = name, Title = title, Description = description, Arguments = arguments };

    public override IReadOnlyList<object> Metadata => [];

    /// <summary>Its text, with the arguments that were given.</summary>
    public string Write(Func<string, string?> given) => write(given);

    public override ValueTask<GetPromptResult> GetAsync(
        RequestContext<GetPromptRequestParams> request, CancellationToken cancellationToken = default)
    {
        var given = request.Params.Arguments;
        foreach (var argument in arguments)
        {
            if (given is not null && given.TryGetValue(argument.Name, out var sent)
                && sent.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                throw new McpProtocolException(
                    $"The argument '{argument.Name}' of the prompt {name} must be a string.", McpErrorCode.InvalidParams);
            if (argument.Required == true && Given(argument.Name) is null)
                throw new McpProtocolException($"The prompt {name} needs the argument '{argument.Name}'.", McpErrorCode.InvalidParams);
        }
        var message = new PromptMessage { Role = Role.User, Content = new TextContentBlock { Text = Write(Given) } };
        return ValueTask.FromResult(new GetPromptResult { Description = description, Messages = [message] });

        string? Given(string argument) =>
            given is not null && given.TryGetValue(argument, out var value) && value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: > 0 } text ? text : null;
    }
}
