using System.Management.Automation.Language;
using System.Text;

namespace PSIpc.Host;

/// <summary>Reads commands and runs them, until <c>exit</c> or the end of the input.</summary>
internal sealed class Prompt(HostSession session)
{
    private const string Continuation = ">> ";

    /// <summary>Runs the prompt; returns the exit code.</summary>
    public int Run()
    {
        while (!session.ShouldExit && Read() is { } text)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                session.Run(text);
            }
        }

        return session.Host.ExitCode ?? 0;
    }

    /// <summary>Reads lines until they make a complete command; null at the end of the input.</summary>
    private string? Read()
    {
        string prompt = session.Evaluate("prompt");
        session.Host.UI.Write(prompt.Length > 0 ? prompt : $"PS {Environment.CurrentDirectory}> ");
        var text = new StringBuilder();
        while (session.Host.UI.ReadLine() is { } line)
        {
            text.AppendLine(line);
            Parser.ParseInput(text.ToString(), out _, out ParseError[] errors);

            // An empty line ends what can never be complete.
            if (line.Length == 0 || !Array.Exists(errors, e => e.IncompleteInput))
            {
                return text.ToString();
            }

            session.Host.UI.Write(Continuation);
        }

        return text.Length > 0 ? text.ToString() : null;
    }
}
