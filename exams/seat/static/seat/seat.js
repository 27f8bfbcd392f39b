// The exam page whose paper the server has rendered.

import { runExam } from "./exam.js";
import { Notices } from "./notices.js";
import { keepForOffline } from "./offline.js";
import { openSession, pageData } from "./session.js";

const session = await openSession(pageData());
runExam(session, new Notices(session.text));
if (session.isAlone) keepForOffline();
