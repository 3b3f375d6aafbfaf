// The pages that links in mail lead to. The token stands behind '#': it never reaches a server but in the body of the one
// request below. Nothing happens before the button is pressed, as programs that look at mail open links too.
const PAGES = {
	"/account/invitation": {
		title: "Rejoindre votre organisation",
		lead: "Indiquez votre nom et choisissez le mot de passe de votre compte.",
		fields: ["name", "password"],
		button: "Créer mon compte",
		call: "/api/v1/auth/invitations/accept",
		done: "Votre compte est créé. Vous pouvez maintenant vous connecter.",
	},
	"/account/reset": {
		title: "Choisir un nouveau mot de passe",
		lead: "Toutes vos sessions ouvertes seront fermées.",
		fields: ["password"],
		button: "Enregistrer",
		call: "/api/v1/auth/password/reset",
		done: "Votre mot de passe est modifié. Vous pouvez maintenant vous connecter.",
	},
	"/account/confirm": {
		title: "Confirmer votre adresse électronique",
		lead: "Un dernier geste : confirmez que cette adresse est bien la vôtre.",
		fields: [],
		button: "Confirmer mon adresse",
		call: "/api/v1/auth/email/confirm",
		done: "Votre adresse est confirmée.",
	},
};

const at = (id) => document.getElementById(id);
const page = PAGES[location.pathname];
const token = new URLSearchParams(location.hash.slice(1)).get("token");
// Neither the history nor whoever looks over a shoulder keeps it.
history.replaceState(null, "", location.pathname);

function say(lines, bad) {
	at("said").className = bad ? "bad" : "good";
	at("said").replaceChildren(...lines.map((line) => {
		const p = document.createElement("p");
		p.textContent = line;
		return p;
	}));
}

async function send(event) {
	event.preventDefault();
	const body = { token };
	if (page.fields.includes("name")) body.full_name = at("name").value;
	if (page.fields.includes("password")) body.password = at("password").value;
	at("send").disabled = true;
	try {
		const answer = await fetch(page.call, {
			method: "POST",
			headers: { "Content-Type": "application/json", "Accept-Language": "fr" },
			body: JSON.stringify(body),
		});
		if (answer.ok) {
			at("form").hidden = true;
			say([page.done], false);
			return;
		}
		say((await answer.json()).errors.map((e) => e.message), true);
	} catch {
		say(["Le serveur ne répond pas. Réessayez dans un instant."], true);
	}
	at("send").disabled = false;
}

if (page) {
	document.title = page.title;
	at("title").textContent = page.title;
}
if (!page || !token) {
	say(["Ce lien est incomplet. Ouvrez-le tel qu’il figure dans le message que vous avez reçu."], true);
} else {
	at("lead").textContent = page.lead;
	at("send").textContent = page.button;
	for (const field of page.fields) {
		at(field + "-field").hidden = false;
		at(field).required = true;
	}
	at("form").hidden = false;
	at("form").addEventListener("submit", send);
}
