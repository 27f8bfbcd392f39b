"""Every sentence that the scripts of the exam page may show, in the language of the request."""

from django.utils.translation import gettext as _


def exam_texts() -> dict[str, str]:
    """Return what the exam flow says; ``%(name)s`` is filled in by the script."""
    return {
        "saved": _("All answers saved"),
        "sending": _("Sending…"),
        "kept": _("No connection: kept on this device, will be sent by itself"),
        "heldBack": _("Paused: kept on this device, will be sent by itself"),
        "memory": _("This browser cannot keep answers on the device. Do not close the page while offline."),
        "progress": _("%(answered)s of %(total)s answered"),
        "left": _("Time left"),
        "minutesLeft": _("%(minutes)s minutes left"),
        "extraMinutes": _("You have been given %(minutes)s more minutes."),
        "extraSeconds": _("You have been given %(seconds)s more seconds."),
        "resumed": _("The examination goes on. Your clock runs again."),
        "moved": _("The start has been moved: the paper opens at %(time)s."),
        "time": _("%(hour)s:%(minute)s"),
        "timeOver": _("Time is over. Your answers are being submitted."),
        "submitting": _("Submitting… please keep this page open."),
        "submitted": _("Your test has been submitted. The receipt follows in a moment."),
        "submitOffline": _("No connection. Your test will be submitted as soon as it is back."),
        "superseded": _("This sitting has been opened on another device or window. Answer there."),
        "otherTab": _("This sitting is open in another tab. Answer there, or close that tab and reload."),
        "tokenInvalid": _("The permission to open this sitting has expired. Continue from your page."),
        "full": _(
            "This sitting has been changed so often that no more changes can be taken. Everything saved "
            "counts. You can submit now; if this surprises you, tell the invigilator."
        ),
        "late": _("Answers on this device that arrived too late to count: %(count)s"),
        "back": _("Back to the test"),
        "answered": _("answered"),
        "unanswered": _("not answered"),
        "flagged": _("flagged"),
        "unansweredCount": _("You have not answered %(count)s questions."),
        "allAnswered": _("You have answered every question."),
        "flaggedCount": _("Flagged: %(count)s."),
    }


def over_texts() -> dict[str, str]:
    """Return what the page at the end of time says about answers that this device still holds."""
    return {
        "lastAnswers": _("Answers on this device that are being sent now: %(count)s"),
        "lastKept": _(
            "No connection. Keep this page open: your last answers are sent as soon as it is back."
        ),
        "lastSaved": _("Everything on this device has been sent."),
        "late": _("Answers on this device that arrived too late to count: %(count)s"),
        "otherTab": _("This sitting is open in another tab. Answer there, or close that tab and reload."),
    }


def waiting_texts() -> dict[str, str]:
    """Return what the waiting room says."""
    return {
        "tokenInvalid": _("The permission to open this sitting has expired. Tell the invigilator."),
        "superseded": _(
            "This sitting has been opened on another machine. If that was not you, tell the invigilator."
        ),
        "back": _("Enter with a seat code"),
        "opensIn": _("The paper opens in"),
        "opened": _("The paper is open. Good luck."),
        "opening": _("The paper is being opened. This takes up to a minute and costs you no time."),
        "connected": _("Connected"),
        "disconnected": _("No connection; trying again by itself"),
        "paperLoading": _("Fetching the sealed paper… %(percent)s percent"),
        "paperReady": _(
            "The paper is on this machine, sealed. It can be opened even if the connection breaks."
        ),
        "paperTrouble": _("The connection is bad. The sealed paper is being fetched, part by part."),
        "paperAltered": _("What arrived is not the paper that was sealed. It is being fetched again."),
        "paperRefused": _(
            "The paper that arrives here is not the one that was sealed, so it is not opened. "
            "Tell the invigilator. This page goes on trying."
        ),
        "codeCount": _("%(count)s of 21 characters"),
        "codeRight": _("The code is typed without mistakes."),
        "codeThai": _("The keyboard is switched to Thai. Switch it to English and type the code again."),
        "codeLetter": _("“%(letter)s” does not occur in an opening code. Look at group %(group)s again."),
        "codeLength": _("An opening code has %(length)s letters and digits; %(typed)s were typed."),
        "codeCheck": _("One letter is wrong, or two have changed places. Compare the code group by group."),
        "codeWrong": _("This code does not open this paper. It may be the code of another round."),
    }
