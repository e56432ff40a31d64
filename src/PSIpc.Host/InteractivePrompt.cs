using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using PSIpc.Host.Terminal;

namespace PSIpc.Host;

/// <summary>The prompt: reads a command, over several lines where it needs them, runs it, and asks for the next until <c>exit</c>.</summary>
internal sealed class InteractivePrompt
{
    private const string Continuation = ">> ";
    private readonly Session _session;
    private int _depth;

    public InteractivePrompt(Session session)
    {
        _session = session;
        session.Host.NestedPrompt = RunNested;
    }

    private ConsoleUserInterface UI => _session.UI;

    private ConsoleHost Host => _session.Host;

    /// <summary>Prompts until the user exits or the input ends.</summary>
    public void Run()
    {
        while (Host.RequestedExit is null && TryRead(out string command))
        {
            if (!string.IsNullOrWhiteSpace(command))
            {
                _session.RunText(command, []);
            }
        }
    }

    // Inside a running pipeline, on its thread: until exit, or until $Host.ExitNestedPrompt().
    private void RunNested()
    {
        int exits = Host.NestedExits;
        _depth++;
        try
        {
            while (Host.NestedExits == exits && Host.RequestedExit is null && TryRead(out string command) && command.Trim() != "exit")
            {
                _session.RunNested(command);
            }

            Host.NestedExits = Math.Max(0, Host.NestedExits - 1);
        }
        finally
        {
            _depth--;
        }
    }

    /// <summary>Reads a whole command; false at the end of the input.</summary>
    private bool TryRead(out string command)
    {
        var text = new StringBuilder();
        string prompt = PromptText();
        while (true)
        {
            string? line;
            try
            {
                // Before the prompt is seen: whoever answers it at once with Ctrl+C means the line and not the program.
                ConsoleInput.TakeControlC(true);
                UI.Write(prompt);
                line = UI.Input.ReadLine(complete: _depth == 0 ? _session.Complete : null);
            }
            catch (PipelineStoppedException)
            {
                text.Clear();
                ConsoleInput.TakeControlC(false);
                prompt = PromptText();
                continue;
            }
            finally
            {
                ConsoleInput.TakeControlC(false);
            }

            if (line is null)
            {
                command = text.ToString();
                return text.Length > 0;
            }

            text.Append(text.Length > 0 ? "\n" : "").Append(line);
            command = text.ToString();
            if (!IsIncomplete(command))
            {
                return true;
            }

            prompt = Continuation;
        }
    }

    private static bool IsIncomplete(string command)
    {
        Parser.ParseInput(command, out _, out ParseError[] errors);
        return errors.Length > 0 && errors.Any(error => error.IncompleteInput);
    }

    // The user's own prompt function; where it is gone or fails, the plain one.
    private string PromptText()
    {
        string text = string.Concat(_session.Evaluate("prompt", nested: _depth > 0));
        return text.Length > 0 ? text : "PS> ";
    }
}
