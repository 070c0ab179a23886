using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// One round trip for each language as Debian has it: write, build, see it fail, put it right, run, install. Without a network.
/// </summary>
public sealed class LanguageTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task Python_has_a_virtual_environment_pip_and_pytest()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("pyproject.toml", """
            [build-system]
            requires = ["setuptools", "wheel"]
            build-backend = "setuptools.build_meta"
            [project]
            name = "greeting"
            version = "1.0"
            [project.scripts]
            greet = "greeting:main"
            [tool.setuptools]
            packages = ["greeting"]
            """);
        await workspace.Write(
            "greeting/__init__.py", "def text(name):\n    return f'hello {name}'\n\n\ndef main():\n    print(text('world'))\n");
        await workspace.Write(
            "test_greeting.py", "import greeting\n\n\ndef test_text():\n    assert greeting.text('ann') == 'Hello, ann!'\n");
        const string pip = "pip install --no-index --find-links /usr/share/python-wheels";
        await Run(workspace, $"python3 -m venv --system-site-packages .venv && .venv/bin/{pip} -e .");

        var failed = await Finish(workspace, ".venv/bin/python -m pytest -q");
        Assert.Equal(1, failed.Last!.ExitCode);
        Assert.Contains("assert 'hello ann' == 'Hello, ann!'", failed.Stdout, StringComparison.Ordinal);
        await workspace.Edit("greeting/__init__.py", "f'hello {name}'", "f'Hello, {name}!'");
        Assert.Contains("1 passed", await Run(workspace, ".venv/bin/python -m pytest -q"), StringComparison.Ordinal);
        Assert.Equal("Hello, world!\n", await Run(workspace, ". .venv/bin/activate && greet"));

        // For the user instead, as people do without an environment of the project's own.
        await Run(workspace, $"{pip} --user --break-system-packages .");
        Assert.Equal("Hello, world!\n", await Run(workspace, "cd /tmp && greet"));
    }

    [Fact]
    public async Task Node_installs_a_package_with_a_native_add_on_and_runs_its_tests()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("package.json", """
            { "name": "sums", "version": "1.0.0", "scripts": { "test": "node --test" }, "dependencies": { "adder": "file:./adder" } }
            """);
        await workspace.Write("sums.test.js", """
            const test = require('node:test'), assert = require('node:assert'), { add } = require('adder');
            test('adds', () => assert.strictEqual(add(2, 3), 5));
            """);
        await workspace.Write("adder/package.json", """
            { "name": "adder", "version": "1.0.0", "main": "index.js", "scripts": { "install": "node-gyp rebuild" } }
            """);
        await workspace.Write("adder/binding.gyp", """{ "targets": [ { "target_name": "adder", "sources": [ "adder.c" ] } ] }""");
        await workspace.Write("adder/index.js", "module.exports = require('./build/Release/adder.node');\n");
        await workspace.Write("adder/adder.c", """
            #include <node_api.h>
            static napi_value add(napi_env env, napi_callback_info info) {
                size_t count = 2;
                napi_value args[2], sum;
                double a, b;
                napi_get_cb_info(env, info, &count, args, NULL, NULL);
                napi_get_value_double(env, args[0], &a);
                napi_get_value_double(env, args[1], &b);
                napi_create_double(env, a - b, &sum);
                return sum;
            }
            static napi_value init(napi_env env, napi_value exports) {
                napi_value function;
                napi_create_function(env, "add", NAPI_AUTO_LENGTH, add, NULL, &function);
                napi_set_named_property(env, exports, "add", function);
                return exports;
            }
            NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
            """);
        const string install = "rm -rf node_modules package-lock.json && npm install --offline --no-audit --no-fund";
        await Run(workspace, install);
        var failed = await Finish(workspace, "npm test");
        Assert.Equal(1, failed.Last!.ExitCode);
        Assert.Contains("-1 !== 5", failed.Stdout, StringComparison.Ordinal);
        await workspace.Edit("adder/adder.c", "a - b", "a + b");
        await Run(workspace, install);
        Assert.Contains("# pass 1", await Run(workspace, "npm test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task C_is_built_by_cmake_and_looked_into_by_gdb()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("CMakeLists.txt", """
            cmake_minimum_required(VERSION 3.20)
            project(list C)
            set(CMAKE_BUILD_TYPE Debug)
            add_executable(list list.c)
            enable_testing()
            add_test(NAME sum COMMAND list)
            set_tests_properties(sum PROPERTIES PASS_REGULAR_EXPRESSION "^3\n$")
            """);
        await workspace.Write("list.c", """
            #include <stdio.h>
            struct node { int value; struct node *next; };
            static int sum(struct node *at)
            {
                int total = 0;
                do {
                    total += at->value;
                    at = at->next;
                } while (1);
                return total;
            }
            int main(void)
            {
                struct node second = { 2, NULL }, first = { 1, &second };
                printf("%d\n", sum(&first));
                return 0;
            }
            """);
        await Run(workspace, "cmake -S . -B build && cmake --build build");
        Assert.Contains("SEGFAULT", (await Finish(workspace, "ctest --test-dir build")).Stdout, StringComparison.Ordinal);
        var trace = await Run(workspace, "gdb -batch -ex run -ex bt -ex 'print at' build/list");
        Assert.Contains("sum (at=0x0) at /workspace/list.c:7", trace, StringComparison.Ordinal);
        Assert.Contains("main () at /workspace/list.c:15", trace, StringComparison.Ordinal);
        await workspace.Edit("list.c", "while (1)", "while (at)");
        Assert.Contains(
            "100% tests passed", await Run(workspace, "cmake --build build && ctest --test-dir build"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Go_tests_builds_and_installs()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("go.mod", "module example.org/count\n\ngo 1.19\n");
        await workspace.Write("count.go", """
            package main

            import "fmt"

            func Count(n int) int {
            	words := make(chan int)
            	go func() {
            		for i := 1; i < n; i++ {
            			words <- 1
            		}
            		close(words)
            	}()
            	total := 0
            	for word := range words {
            		total += word
            	}
            	return total
            }

            func main() { fmt.Println(Count(100)) }
            """);
        await workspace.Write("count_test.go", """
            package main

            import "testing"

            func TestCount(t *testing.T) {
            	if got := Count(10); got != 10 {
            		t.Fatalf("got %d", got)
            	}
            }
            """);
        Assert.Contains("got 9", (await Finish(workspace, "go test ./...")).Stdout, StringComparison.Ordinal);
        await workspace.Edit("count.go", "i < n", "i <= n");
        Assert.StartsWith("ok", await Run(workspace, "go test ./..."), StringComparison.Ordinal);
        Assert.Equal("100\n", await Run(workspace, "go vet ./... && go install . && count"));
    }

    [Fact]
    public async Task Rust_tests_builds_and_installs()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("Cargo.toml", "[package]\nname = \"words\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        await workspace.Write("src/main.rs", """
            fn longest(text: &str) -> &str {
                text.split_whitespace().min_by_key(|word| word.len()).unwrap_or("")
            }

            fn main() {
                println!("{}", longest("a workspace for rust"));
            }

            #[cfg(test)]
            mod tests {
                #[test]
                fn finds_the_longest() {
                    assert_eq!(super::longest("a bbb cc"), "bbb");
                }
            }
            """);
        Assert.Contains("left: `\"a\"`", (await Finish(workspace, "cargo test --offline")).Stdout, StringComparison.Ordinal);
        await workspace.Edit("src/main.rs", "min_by_key", "max_by_key");
        Assert.Contains("1 passed", await Run(workspace, "cargo test --offline"), StringComparison.Ordinal);
        Assert.Equal("workspace\n", await Run(workspace, "cargo install --offline --path . && words"));
    }

    [Fact]
    public async Task Java_compiles_packs_and_loads_a_native_library_that_it_unpacks()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("src/app/Main.java", """
            package app;

            import java.nio.file.*;

            public class Main {
                static native int twice(int value);

                // As JNA does: out of the archive, into the folder for temporary files, and loaded from there.
                public static void main(String[] args) throws Exception {
                    Path library = Files.createTempFile("twice", ".so");
                    try (var packed = Main.class.getResourceAsStream("/libtwice.so")) {
                        Files.copy(packed, library, StandardCopyOption.REPLACE_EXISTING);
                    }
                    System.load(library.toString());
                    assert twice(21) == 42 : "twice(21) is " + twice(21);
                    System.out.println(library.getParent() + " " + twice(21) + " " + System.getProperty("user.home"));
                }
            }
            """);
        await workspace.Write("twice.c", """
            #include <jni.h>
            JNIEXPORT jint JNICALL Java_app_Main_twice(JNIEnv *env, jclass type, jint value) { return value + 2; }
            """);
        await workspace.Write("build.sh", """
            set -e
            java=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
            mkdir -p out
            gcc -shared -fPIC -I"$java/include" -I"$java/include/linux" -o out/libtwice.so twice.c
            javac -d out src/app/Main.java
            jar --create --file app.jar --main-class app.Main -C out .
            """);
        await Run(workspace, "sh build.sh");
        Assert.Contains("twice(21) is 23", (await Finish(workspace, "java -ea -jar app.jar")).Stderr, StringComparison.Ordinal);
        await workspace.Edit("twice.c", "value + 2", "value * 2");
        Assert.Equal("/tmp 42 /home/dev\n", await Run(workspace, "sh build.sh && java -ea -jar app.jar"));
    }

    /// <summary>As long as it takes: a build can take longer than one call waits.</summary>
    private static async Task<Transcript> Finish(Workspace workspace, string shell) => await (await workspace.ExecStart(shell)).ReadToEnd();

    /// <summary>It has to end well.</summary>
    /// <returns>What it wrote to standard output.</returns>
    private static async Task<string> Run(Workspace workspace, string shell)
    {
        var run = await Finish(workspace, shell);
        Assert.True(
            run.Last is { Outcome: "exited", ExitCode: 0 }, $"'{shell}' ended with {run.Last?.Outcome} {run.Last?.ExitCode}\n{run.All}");
        return run.Stdout;
    }
}
